/** A session at the box's door: the client's half of RFC 7395 up to bound, then payloads in IQs (docs/protocol/doors.md). */
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
/** The box pings every 20 s; twice that and a little of silence is its end. */
const SILENCE_MS = 45_000
const MAX_UNACKNOWLEDGED = 64

export interface XmppEvents {
  ready(): void
  payload(payload: Stanza): void
  /** Last event. room: the box has no room now, and says so. */
  failed(why: 'unreachable' | 'not-a-box' | 'closed' | 'silent' | 'room'): void
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

type State = 'opening' | 'open' | 'mechanisms' | 'success' | 'reopen' | 'bind' | 'bound' | 'ready' | 'dead'

export class Xmpp {
  readonly #carrier: Carrier
  readonly #events: XmppEvents
  #state: State = 'opening'
  #timer: ReturnType<typeof setTimeout>
  #unacknowledged = 0
  #nextNumber = 0

  constructor(carrier: Carrier, events: XmppEvents, setupMs = SETUP_MS) {
    this.#carrier = carrier
    this.#events = events
    this.#timer = setTimeout(() => this.#fail('unreachable'), setupMs)
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
    this.#write(iq('set', `c${this.#nextNumber++}`, [payload]))
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
    this.#write(element('open', NS.framing, { to: DOMAIN, version: '1.0' }))
  }

  #message(data: unknown): void {
    const stanza = typeof data === 'string' ? parse(data) : null
    if (!stanza) this.#fail('not-a-box')
    else if (is(stanza, 'error', NS.stream)) {
      this.#fail(child(stanza, 'resource-constraint', 'urn:ietf:params:xml:ns:xmpp-streams') ? 'room' : 'closed')
    } else if (is(stanza, 'close', NS.framing)) this.#fail('closed')
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
        this.#write(element('open', NS.framing, { to: DOMAIN, version: '1.0' }))
        return true
      case 'bind':
        this.#state = 'bound'
        if (!is(stanza, 'features', NS.stream) || !child(stanza, 'bind', NS.bind)) return false
        this.#write(element('iq', NS.client, { type: 'set', id: 'bind' }, [element('bind', NS.bind)]))
        return true
      case 'bound':
        if (!is(stanza, 'iq', NS.client) || stanza.attributes.type !== 'result' || stanza.attributes.id !== 'bind') return false
        this.#state = 'ready'
        this.#listen()
        this.#events.ready()
        return true
      default:
        return false
    }
  }

  #listen(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#fail('silent'), SILENCE_MS)
  }

  #ready(stanza: Stanza): void {
    this.#listen()
    const { type, id } = stanza.attributes
    if (!is(stanza, 'iq', NS.client) || !type || !id) this.#fail('not-a-box')
    else if (type === 'result') this.#unacknowledged = Math.max(0, this.#unacknowledged - 1)
    else if (type === 'get' || type === 'set') this.#request(stanza, type, id)
    else this.#fail('closed') // the box refused what it was sent
  }

  #request(stanza: Stanza, type: string, id: string): void {
    const only = stanza.children.length === 1 ? stanza.children[0] : undefined
    if (only && (type === 'set' || is(only, 'ping', NS.ping))) {
      this.#write(iq('result', id))
      if (type === 'set') this.#events.payload(only)
      return
    }
    const condition = element('service-unavailable', NS.errors)
    this.#write(iq('error', id, [element('error', NS.client, { type: 'cancel' }, [condition])]))
  }
}

function iq(type: string, id: string, children: readonly Stanza[] = []): Stanza {
  return element('iq', NS.client, { type, id, to: DOMAIN }, children)
}

function offersAnonymous(features: Stanza): boolean {
  if (!is(features, 'features', NS.stream)) return false
  const mechanisms = child(features, 'mechanisms', NS.sasl)
  return mechanisms?.children.some(each => each.text === 'ANONYMOUS') ?? false
}

/** The door of the box that this page came from. */
export function openDoor(events: XmppEvents, patienceMs = SETUP_MS): Xmpp {
  const socket = new WebSocket(`wss://${location.host}/xmpp`, 'xmpp')
  return new Xmpp(socket as Carrier, events, patienceMs)
}
