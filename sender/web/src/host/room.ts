/** The room as the box describes it to a host, read strictly: what does not fit is not shown. */

export const LAYOUTS = ['automatic', 'grid', 'focus', 'side-by-side'] as const
export const APPROVALS = ['never', 'host', 'always'] as const
export const STATES = ['waiting', 'held', 'joined', 'shown', 'paused', 'resting'] as const
export const SCOPES = ['whip', 'room'] as const

export const REFUSALS = ['no-presenter', 'no-token', 'let-in', 'not-let-in', 'no-picture', 'many-tokens', 'many-previews',
  'too-fast', 'other'] as const

export type Refusal = typeof REFUSALS[number]
export type Layout = typeof LAYOUTS[number]
export type Approval = typeof APPROVALS[number]
export type PresenterState = typeof STATES[number]
export type Scope = typeof SCOPES[number]

export interface Presenter {
  readonly id: number
  readonly name: string
  readonly state: PresenterState
  readonly door: string
  readonly address: string
  readonly sas: string
  readonly codec: string
  readonly width: number
  readonly height: number
}

export interface Token {
  readonly id: number
  readonly scope: Scope
  readonly label: string
  readonly minutes: number
}

export interface Room {
  readonly name: string
  readonly layout: Layout
  /** 0: nobody. */
  readonly focus: number
  readonly approval: Approval
  readonly locked: boolean
  /** Encoders may present. */
  readonly whip: boolean
  readonly hosts: number
  readonly presenters: readonly Presenter[]
  readonly tokens: readonly Token[]
}

export interface Preview {
  readonly presenter: number
  readonly jpeg: string
}

/** The answer to an action. */
export type Answer =
  | { readonly ok: true, readonly n: number, readonly token: string }
  | { readonly ok: false, readonly n: number, readonly reason: Refusal, readonly why: string }

export type Message =
  | { readonly kind: 'room', readonly room: Room }
  | { readonly kind: 'preview', readonly preview: Preview }
  | { readonly kind: 'answer', readonly answer: Answer }

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Fields : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | null {
  return choices.find(choice => choice === value) ?? null
}

function listOf<T>(value: unknown, read: (fields: Fields) => T | null): readonly T[] {
  if (!Array.isArray(value)) return []
  return value.map(each => read(fieldsOf(each))).filter((each): each is T & {} => each !== null)
}

function readPresenter(fields: Fields): Presenter | null {
  const state = oneOf(STATES, fields.state)
  if (!state || number(fields.id) === 0) return null
  return {
    id: number(fields.id), name: text(fields.name), state, door: text(fields.door), address: text(fields.address),
    sas: text(fields.sas), codec: text(fields.codec), width: number(fields.width), height: number(fields.height),
  }
}

function readToken(fields: Fields): Token | null {
  const scope = oneOf(SCOPES, fields.scope)
  return scope && { id: number(fields.id), scope, label: text(fields.label), minutes: number(fields.minutes) }
}

function readRoom(fields: Fields): Room {
  return {
    name: text(fields.name), layout: oneOf(LAYOUTS, fields.layout) ?? 'automatic', focus: number(fields.focus),
    approval: oneOf(APPROVALS, fields.approval) ?? 'never', locked: fields.locked === true,
    whip: fields.whip === true, hosts: number(fields.hosts), presenters: listOf(fields.presenters, readPresenter),
    tokens: listOf(fields.tokens, readToken),
  }
}

/** null for what is not one of the box's messages. */
export function readMessage(json: string): Message | null {
  let fields: Fields
  try {
    fields = fieldsOf(JSON.parse(json))
  } catch {
    return null
  }
  if ('room' in fields) return { kind: 'room', room: readRoom(fieldsOf(fields.room)) }
  if ('preview' in fields) {
    const { presenter, jpeg } = fieldsOf(fields.preview)
    const picture = text(jpeg)
    const fits = number(presenter) > 0 && /^[A-Za-z0-9+\/]+={0,2}$/.test(picture)
    return fits ? { kind: 'preview', preview: { presenter: number(presenter), jpeg: picture } } : null
  }
  if ('done' in fields)
    return { kind: 'answer', answer: { ok: true, n: number(fields.done), token: text(fields.token) } }
  if ('failed' in fields)
    return { kind: 'answer', answer: { ok: false, n: number(fields.failed), reason: oneOf(REFUSALS, fields.reason) ?? 'other',
      why: text(fields.why) } }
  return null
}
