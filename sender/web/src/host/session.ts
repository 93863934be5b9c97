/** A host's session: connects, proves the code, keeps the room in view, and comes back by itself when it was cut off. */
import type { Stanza } from '../stanza'
import { openDoor, type Xmpp, type XmppEvents } from '../xmpp'
import { type Answer, type Approval, type Layout, readMessage, type Room, type Scope } from './room'
import { Steer, type SteerEnd } from './steer'

export type Problem = SteerEnd | 'unreachable'

export interface HostView {
  readonly step: 'code' | 'connecting' | 'room'
  readonly boxName: string
  /** Why it is at the code (again); null: nothing has gone wrong. */
  readonly problem: Problem | null
  readonly retryAfterS: number
  readonly room: Room | null
  /** Presenter to its newest picture, as a data: URL. */
  readonly previews: ReadonlyMap<number, string>
  /** Cut off, and coming back: the room is as it was last. */
  readonly reconnecting: boolean
}

export type Action =
  | { readonly do: 'approve' | 'decline' | 'pause' | 'unpause' | 'remove' | 'focus', readonly presenter: number }
  | { readonly do: 'move', readonly presenter: number, readonly to: number }
  | { readonly do: 'layout', readonly layout: Layout }
  | { readonly do: 'approval', readonly approval: Approval }
  | { readonly do: 'token', readonly scope: Scope, readonly minutes: number, readonly label: string }
  | { readonly do: 'revoke-token', readonly token: number }
  | { readonly do: 'preview', readonly presenter: number, readonly on: boolean }
  | { readonly do: 'here' }

type Door = (events: XmppEvents, patienceMs?: number) => Xmpp

const SET_UP_MS = 30_000
const BREATH_MS = 15_000
/** TCP waits ever longer to send again: another try is better. */
const AGAIN_PATIENCE_MS = 3000
const SILENCE_MS = 45_000
const ANSWER_MS = 15_000
const RETRY_MS: readonly number[] = [500, 1000, 2000, 5000, 10_000]
/** What passes by itself: while reconnecting it is tried again. */
const PASSING: readonly Problem[] = ['bye', 'gone', 'timeout', 'busy', 'unreachable', 'protocol']

const START: HostView = {
  step: 'code', boxName: '', problem: null, retryAfterS: 0, room: null, previews: new Map(), reconnecting: false,
}

type Timer = ReturnType<typeof setTimeout>

export class Session {
  #view = START
  #door: Xmpp | null = null
  #steer: Steer | null = null
  /** Only as long as it hosts: to come back with. */
  #code = ''
  #leaving = false
  #tries = 0
  #number = 0
  #timers: Timer[] = []
  #silence: Timer | undefined
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  readonly #asked = new Set<number>()

  constructor(private readonly changed: (view: HostView) => void, private readonly newDoor: Door = openDoor) {}

  get view(): HostView {
    return this.#view
  }

  submit(code: string): void {
    if (this.#view.step !== 'code') return
    this.#code = code
    this.#set({ ...START, step: 'connecting' })
    this.#connect()
  }

  /** Never fails: without an answer it says so. */
  act(action: Action): Promise<Answer> {
    const n = ++this.#number
    if (action.do === 'preview') {
      if (action.on) this.#asked.add(action.presenter)
      else this.#asked.delete(action.presenter)
    }
    return new Promise(resolve => {
      const give = (answer: Answer): void => {
        if (this.#waiting.delete(n)) resolve(answer)
      }
      this.#waiting.set(n, give)
      if (!this.#steer?.say(JSON.stringify({ n, ...action }))) give({ ok: false, n, reason: 'other', why: '' })
      else setTimeout(() => { give({ ok: false, n, reason: 'other', why: '' }) }, ANSWER_MS)
    })
  }

  leave(): void {
    this.#leaving = true
    if (this.#steer) this.#steer.hangUp('bye')
    else this.#ended('bye', 0)
  }

  #set(change: Partial<HostView>): void {
    this.#view = { ...this.#view, ...change }
    this.changed(this.#view)
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push(setTimeout(run, ms))
  }

  #connect(): void {
    const steer = new Steer({
      send: payload => { this.#door?.send(payload) },
      challenge: boxName => {
        this.#set({ boxName })
        steer.prove(this.#code)
      },
      open: () => { this.#opened() },
      text: text => { this.#heard(text) },
      ended: (reason, retryAfterS) => { this.#ended(reason, retryAfterS) },
    })
    this.#steer = steer
    this.#door = this.newDoor({
      ready: () => { steer.dial() },
      payload: (payload: Stanza) => { steer.receive(payload) },
      failed: () => {
        if (this.#steer === steer) this.#ended(steer.isOpen ? 'gone' : 'unreachable', 0)
      },
    }, this.#view.reconnecting ? AGAIN_PATIENCE_MS : undefined)
    this.#after(SET_UP_MS, () => { if (!steer.isOpen) steer.hangUp('timeout') })
  }

  #opened(): void {
    this.#tries = 0
    this.#set({ step: 'room', problem: null, reconnecting: false })
    const breathe = (): void => {
      void this.act({ do: 'here' })
      this.#after(BREATH_MS, breathe)
    }
    this.#after(BREATH_MS, breathe)
    for (const presenter of this.#asked) void this.act({ do: 'preview', presenter, on: true })
    this.#listen()
  }

  #listen(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => { this.#steer?.hangUp('timeout') }, SILENCE_MS)
  }

  #heard(text: string): void {
    this.#listen()
    const message = readMessage(text)
    if (message?.kind === 'room') this.#seeRoom(message.room)
    else if (message?.kind === 'preview') this.#seePreview(message.preview.presenter, message.preview.jpeg)
    else if (message?.kind === 'answer') this.#waiting.get(message.answer.n)?.(message.answer)
  }

  #seeRoom(room: Room): void {
    const ids = new Set(room.presenters.map(one => one.id))
    for (const id of this.#asked) if (!ids.has(id)) this.#asked.delete(id)
    const previews = new Map([...this.#view.previews].filter(([id]) => ids.has(id)))
    this.#set({ room, previews, boxName: room.name })
  }

  #seePreview(presenter: number, jpeg: string): void {
    this.#set({ previews: new Map([...this.#view.previews, [presenter, `data:image/jpeg;base64,${jpeg}`]]) })
  }

  #ended(reason: Problem, retryAfterS: number): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer)
    clearTimeout(this.#silence)
    const door = this.#door
    this.#steer = this.#door = null
    // What it said last is still on its way.
    setTimeout(() => { door?.close() }, 100)
    for (const [n, give] of [...this.#waiting]) give({ ok: false, n, reason: 'other', why: '' })
    const was = !this.#leaving && this.#view.step === 'room'
    if (was && PASSING.includes(reason)) return this.#comeBack()
    this.#code = ''
    this.#leaving = false
    this.#asked.clear()
    this.#set({ ...START, boxName: this.#view.boxName, problem: reason === 'bye' ? null : reason, retryAfterS })
  }

  #comeBack(): void {
    const wait = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)] ?? 0
    this.#set({ reconnecting: true })
    this.#after(wait, () => { this.#connect() })
  }
}
