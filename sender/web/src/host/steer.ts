/** The host's side of the host protocol, pure: payloads in, events out (docs/protocol/host.md has the table). */
import { type Bytes, fromBase64, randomBytes, toBase64, toHex } from '../bytes'
import { cleanName } from '../messages'
import { Pake } from '../pake'
import { element, is, type Stanza } from '../stanza'
import { Seal } from './seal'

export const HOST_NS = 'urn:lectern:host:1'
const CHANNEL = 'lectern host 1'
const VERSION = '1'
const MAX_RETRY_AFTER_S = 86_400
const NOTHING = new Uint8Array(0)
const REASONS = ['bye', 'denied', 'locked', 'busy', 'off', 'version', 'protocol', 'timeout', 'impostor', 'gone'] as const

export type SteerEnd = typeof REASONS[number]

export interface SteerEvents {
  send(payload: Stanza): void
  /** Then prove(). */
  challenge(boxName: string): void
  /** Both sides know the code: texts may flow. */
  open(): void
  text(text: string): void
  /** Last event, exactly once. */
  ended(reason: SteerEnd, retryAfterS: number): void
}

type State = 'new' | 'greeted' | 'challenged' | 'proved' | 'open' | 'ended'

const TABLE: Readonly<Record<State, readonly string[]>> = {
  new: [],
  greeted: ['challenge', 'refused'],
  challenged: ['refused'],
  proved: ['welcome', 'refused'],
  open: ['sealed', 'bye'],
  ended: [],
}

function bytesOf(payload: Stanza, name: string): Bytes | null {
  const found = payload.children.filter(each => is(each, name, HOST_NS))
  return found.length === 1 && found[0] ? fromBase64(found[0].text, 32) : null
}

function numberOf(text: string | undefined, max: number): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) && Number(text) <= max ? Number(text) : null
}

export class Steer {
  readonly sid = toHex(randomBytes(16))
  readonly #events: SteerEvents
  #state: State = 'new'
  #boxPoint: Bytes = NOTHING as Bytes
  #pake: Pake | null = null
  #out: Seal | null = null
  #in: Seal | null = null

  constructor(events: SteerEvents) {
    this.#events = events
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  dial(): void {
    if (this.#state !== 'new') return
    this.#state = 'greeted'
    this.#send('hello', { version: VERSION })
  }

  prove(code: string): void {
    if (this.#state !== 'challenged') return
    this.#pake = new Pake({ role: 'caller', channel: CHANNEL, code, session: this.sid, caller: NOTHING, box: NOTHING })
    if (!this.#pake.finish(this.#boxPoint)) return this.hangUp('protocol')
    this.#state = 'proved'
    this.#send('prove', {}, { point: toBase64(this.#pake.point), confirm: toBase64(this.#pake.confirm()) })
  }

  /** False: it is not open, or the text is too long. */
  say(text: string): boolean {
    const message = this.#state === 'open' ? this.#out?.close(text) : null
    if (!message) return false
    this.#send('sealed', { n: String(message.n) }, {}, message.sealed)
    return true
  }

  receive(payload: Stanza): void {
    if (this.#state === 'ended') return
    const known = payload.ns === HOST_NS && payload.attributes.sid === this.sid && TABLE[this.#state].includes(payload.name)
    if (!known || !this.#take(payload)) this.hangUp('protocol')
  }

  /** Tells the box, unless it is gone. */
  hangUp(reason: SteerEnd): void {
    if (reason !== 'gone' && this.#state !== 'new' && this.#state !== 'ended') this.#send('bye', { reason })
    this.#end(reason, 0)
  }

  /** False: malformed. */
  #take(payload: Stanza): boolean {
    switch (payload.name) {
      case 'challenge': return this.#challenged(payload)
      case 'welcome': return this.#welcomed(payload)
      case 'sealed': return this.#unseal(payload)
      default: return this.#dismissed(payload)
    }
  }

  #challenged(payload: Stanza): boolean {
    const point = bytesOf(payload, 'point')
    if (payload.attributes.version !== VERSION || !point) return false
    this.#boxPoint = point
    this.#state = 'challenged'
    this.#events.challenge(cleanName(payload.attributes.name ?? ''))
    return true
  }

  #welcomed(payload: Stanza): boolean {
    const confirm = bytesOf(payload, 'confirm')
    const pake = this.#pake
    if (!confirm || !pake) return false
    if (!pake.verify(confirm)) {
      this.hangUp('impostor')
      return true
    }
    this.#out = new Seal(CHANNEL, pake.derive(`${CHANNEL} seal host`))
    this.#in = new Seal(CHANNEL, pake.derive(`${CHANNEL} seal box`))
    pake.wipe()
    this.#state = 'open'
    this.#events.open()
    return true
  }

  #unseal(payload: Stanza): boolean {
    const n = numberOf(payload.attributes.n, Number.MAX_SAFE_INTEGER)
    const text = n === null ? null : this.#in?.open(n, payload.text) ?? null
    if (text === null) return false
    this.#events.text(text)
    return true
  }

  #dismissed(payload: Stanza): boolean {
    const reason = REASONS.find(each => each === payload.attributes.reason)
    const retryAfter = payload.attributes['retry-after']
    const retryAfterS = retryAfter === undefined ? 0 : numberOf(retryAfter, MAX_RETRY_AFTER_S)
    if (!reason || retryAfterS === null) return false
    this.#end(reason, retryAfterS)
    return true
  }

  #end(reason: SteerEnd, retryAfterS: number): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#pake?.wipe()
    this.#pake = this.#out = this.#in = null
    this.#events.ended(reason, retryAfterS)
  }

  #send(name: string, attributes: Record<string, string>, children: Record<string, string> = {}, text = ''): void {
    const inner = Object.entries(children).map(([key, value]) => element(key, HOST_NS, {}, [], value))
    this.#events.send(element(name, HOST_NS, { sid: this.sid, ...attributes }, inner, text))
  }
}
