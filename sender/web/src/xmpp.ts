/**
 * A session at the box's door, or with the box of a meeting in the cloud: the client's half of RFC 7395 up to bound, then
 * payloads in IQs (docs/protocol/doors.md).
 */
import type { Meeting } from './meeting'
import { child, element, is, parse, type Stanza, write } from './stanza'

const NS = {
  framing: 'urn:ietf:params:xml:ns:xmpp-framing',
  stream: 'http://etherx.jabber.org/streams',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  client: 'jabber:client',
  ping: 'urn:xmpp:ping',
  errors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
} as const

const DOMAIN = 'box'
const SETUP_MS = 10_000
/** In the cloud, up to the first sign of life of the box's. */
const MEETING_MS = 5_000
/** The box pings every 20 s; twice that and a little of silence is its end. */
const SILENCE_MS = 45_000
const MAX_UNACKNOWLEDGED = 64

export interface XmppEvents {
  ready(): void
  payload(payload: Stanza): void
  /** In the cloud, before ready() and whenever they were asked for anew. */
  relays?(servers: RTCIceServer[]): void
  /** Last event. room: there is no room now; nobody: no meeting answers; tries: too many were tried from this network. */
  failed(why: 'unreachable' | 'not-a-box' | 'closed' | 'silent' | 'room' | 'nobody' | 'tries'): void
}

/** The part of WebSocket that is used, so that tests can bring their own. */
export interface Carrier {
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: (() => void) | null
  readonly bufferedAmount: number
  send(text: string): void
  close(): void
}

type State = 'opening' | 'open' | 'mechanisms' | 'success' | 'reopen' | 'bind' | 'bound' | 'joining' | 'ready' | 'dead'

export class Xmpp {
  readonly #carrier: Carrier
  readonly #events: XmppEvents
  readonly #meeting: Meeting | null
  #answered = false
  #askTimer: ReturnType<typeof setTimeout> | undefined
  #state: State = 'opening'
  #timer: ReturnType<typeof setTimeout>
  #unacknowledged = 0
  #nextNumber = 0

  constructor(carrier: Carrier, events: XmppEvents, setupMs = SETUP_MS, meeting: Meeting | null = null) {
    this.#carrier = carrier
    this.#events = events
    this.#meeting = meeting
    this.#timer = setTimeout(() => this.#fail(this.#unheard ? 'nobody' : 'unreachable'), setupMs)
    carrier.onopen = () => this.#opened()
    carrier.onmessage = event => this.#message(event.data)
    carrier.onclose = () => this.#fail(this.#state === 'opening' ? 'unreachable' : 'closed')
  }

  get ready(): boolean {
    return this.#state === 'ready'
  }

  send(payload: Stanza): void {
    if (this.#state !== 'ready') return
    // It does not read: the same as silence.
    if (this.#unacknowledged >= MAX_UNACKNOWLEDGED) return this.#fail('silent')
    this.#unacknowledged++
    this.#write(iq('set', `c${this.#nextNumber++}`, this.#meeting?.box ?? DOMAIN, [payload]))
  }

  /** No event follows. */
  close(): void {
    if (this.#state === 'dead') return
    if (this.#state !== 'opening') this.#write(element('close', NS.framing))
    this.#die()
  }

  #die(): void {
    this.#state = 'dead'
    clearTimeout(this.#timer)
    clearTimeout(this.#askTimer)
    this.#carrier.onopen = this.#carrier.onmessage = this.#carrier.onclose = null
    this.#carrier.close()
  }

  #fail(why: Parameters<XmppEvents['failed']>[0]): void {
    if (this.#state === 'dead') return
    this.#die()
    this.#events.failed(why)
  }

  #write(stanza: Stanza): void {
    this.#carrier.send(write(stanza))
  }

  #opened(): void {
    this.#state = 'open'
    this.#open()
  }

  #open(): void {
    this.#write(element('open', NS.framing, { to: this.#meeting?.domain ?? DOMAIN, version: '1.0' }))
  }

  #message(data: unknown): void {
    const stanza = typeof data === 'string' ? parse(data) : null
    const meeting = this.#state === 'joining' || this.#state === 'ready' ? this.#meeting : null
    // Whoever shares the room may have sent what cannot be read.
    if (!stanza) return meeting ? undefined : this.#fail('not-a-box')
    if (is(stanza, 'error', NS.stream)) {
      this.#fail(child(stanza, 'resource-constraint', 'urn:ietf:params:xml:ns:xmpp-streams') ? 'room' : 'closed')
    } else if (is(stanza, 'close', NS.framing)) this.#fail('closed')
    else if (meeting) this.#inRoom(meeting, stanza)
    else if (this.#state === 'ready') this.#ready(stanza)
    else if (!this.#setUp(stanza)) this.#fail('not-a-box')
  }

  /** One step towards ready; false for what does not belong there. */
  #setUp(stanza: Stanza): boolean {
    switch (this.#state) {
      case 'open':
      case 'reopen':
        this.#state = this.#state === 'open' ? 'mechanisms' : 'bind'
        return is(stanza, 'open', NS.framing)
      case 'mechanisms':
        this.#state = 'success'
        if (!offersAnonymous(stanza)) return false
        this.#write(element('auth', NS.sasl, { mechanism: 'ANONYMOUS' }))
        return true
      case 'success':
        this.#state = 'reopen'
        if (!is(stanza, 'success', NS.sasl)) return false
        this.#open()
        return true
      case 'bind':
        this.#state = 'bound'
        if (!is(stanza, 'features', NS.stream) || !child(stanza, 'bind', NS.bind)) return false
        this.#write(element('iq', NS.client, { type: 'set', id: 'bind' }, [element('bind', NS.bind)]))
        return true
      case 'bound':
        if (!is(stanza, 'iq', NS.client) || stanza.attributes.type !== 'result' || stanza.attributes.id !== 'bind') return false
        if (this.#meeting) this.#join(this.#meeting)
        else {
          this.#state = 'ready'
          this.#listen()
          this.#events.ready()
        }
        return true
      default:
        return false
    }
  }

  #join(meeting: Meeting): void {
    this.#state = 'joining'
    this.#write(meeting.ask())
    this.#write(meeting.join())
  }

  /** The room is the server's, and the box in it may be gone without a word. */
  get #unheard(): boolean {
    return this.#state === 'joining' || this.#meeting !== null && this.#state === 'ready' && !this.#answered
  }

  #inRoom(meeting: Meeting, stanza: Stanza): void {
    const news = meeting.take(stanza, Date.now())
    switch (news) {
      case 'nothing': case 'wait': return
      case 'ready':
        this.#state = 'ready' // and the time limit runs on until the box has answered
        this.#takeRelays(meeting)
        return this.#events.ready()
      case 'relays': return this.#takeRelays(meeting)
      case 'box':
        this.#answered = true
        return this.#ready(stanza)
      case 'server': return this.#ready(stanza)
      case 'left': return this.#fail('closed')
      case 'full': return this.#fail('room')
      case 'nobody': case 'tries': return this.#fail(news)
    }
  }

  #takeRelays(meeting: Meeting): void {
    if (!meeting.relays) return
    clearTimeout(this.#askTimer)
    this.#askTimer = setTimeout(() => this.#write(meeting.ask()), meeting.relays.lifetimeS * 750)
    this.#events.relays?.(meeting.relays.servers)
  }

  #listen(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#fail('silent'), SILENCE_MS)
  }

  #ready(stanza: Stanza): void {
    if (!this.#unheard) this.#listen()
    const { type, id } = stanza.attributes
    if (!is(stanza, 'iq', NS.client) || !type || !id) this.#fail('not-a-box')
    else if (type === 'result') this.#unacknowledged = Math.max(0, this.#unacknowledged - 1)
    else if (type === 'get' || type === 'set') this.#request(stanza, type, id)
    else this.#fail('closed') // the box refused what it was sent
  }

  #request(stanza: Stanza, type: string, id: string): void {
    const to = this.#meeting ? stanza.attributes.from : DOMAIN
    const only = stanza.children.length === 1 ? stanza.children[0] : undefined
    if (only && (type === 'set' || is(only, 'ping', NS.ping))) {
      this.#write(iq('result', id, to))
      if (type === 'set') this.#events.payload(only)
      return
    }
    const condition = element('service-unavailable', NS.errors)
    this.#write(iq('error', id, to, [element('error', NS.client, { type: 'cancel' }, [condition])]))
  }
}

function iq(type: string, id: string, to: string | undefined, children: readonly Stanza[] = []): Stanza {
  return element('iq', NS.client, { type, id, to }, children)
}

function offersAnonymous(features: Stanza): boolean {
  if (!is(features, 'features', NS.stream)) return false
  const mechanisms = child(features, 'mechanisms', NS.sasl)
  return mechanisms?.children.some(each => each.text === 'ANONYMOUS') ?? false
}

/** The door of the box, or of the cloud, that this page came from. */
export function openDoor(events: XmppEvents, patienceMs?: number, meeting: Meeting | null = null): Xmpp {
  const socket = new WebSocket(`wss://${location.host}/xmpp`, 'xmpp')
  return new Xmpp(socket as Carrier, events, patienceMs ?? (meeting ? MEETING_MS : SETUP_MS), meeting)
}
