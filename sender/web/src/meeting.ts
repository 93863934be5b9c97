/** A meeting in the cloud, pure: the room that the page joins, the box in it, the relays (docs/protocol/doors.md). */
import { EXTDISCO_NS, readRelays, type Relays } from './relays'
import { child, element, is, type Stanza } from './stanza'

const NS = {
  client: 'jabber:client',
  muc: 'http://jabber.org/protocol/muc',
  user: 'http://jabber.org/protocol/muc#user',
  errors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
} as const
const ASK_ID = 'relays'

/** What a stanza means. nothing: whoever shares the room may send what he likes. */
export type News =
  | 'nothing'
  | 'wait' // a step towards 'ready'
  | 'ready' // the box is there, and the relays are known; once
  | 'relays' // newer ones
  | 'box' // an IQ of the box's
  | 'server' // an IQ-get of the server's own
  | 'nobody' // no meeting answers to that number
  | 'full'
  | 'tries' // too many numbers were tried from here
  | 'left' // the box has left

export class Meeting {
  /** Where guests sign in. */
  readonly domain: string
  /** Whom payloads go to. */
  readonly box: string
  readonly #room: string
  readonly #own: string
  #relays: Relays | null = null
  #joined = false
  #answered = false
  #boxThere = false
  #ready = false

  /** number: six digits; nick: ours in the room. */
  constructor(cloud: string, number: string, nick = drawNick()) {
    const host = cloud.toLowerCase()
    this.domain = `guests.${host}`
    this.#room = `${number}@meet.${host}`
    this.#own = `${this.#room}/${nick}`
    this.box = `${this.#room}/box`
  }

  get relays(): Relays | null {
    return this.#relays
  }

  /** For relays; again before they expire. */
  ask(): Stanza {
    return element('iq', NS.client, { type: 'get', id: ASK_ID, to: this.domain }, [element('services', EXTDISCO_NS)])
  }

  join(): Stanza {
    return element('presence', NS.client, { to: this.#own }, [element('x', NS.muc)])
  }

  take(stanza: Stanza, nowMs: number): News {
    if (is(stanza, 'presence', NS.client)) return this.#presence(stanza)
    return is(stanza, 'iq', NS.client) ? this.#iq(stanza, nowMs) : 'nothing'
  }

  #lookAround(): News {
    if (this.#ready || !this.#joined || !this.#answered || !this.#boxThere) return 'wait'
    this.#ready = true
    return 'ready'
  }

  #iq(iq: Stanza, nowMs: number): News {
    const { from, type, id } = iq.attributes
    const isServer = from === undefined || from === this.domain
    if (isServer && id === ASK_ID && (type === 'result' || type === 'error')) return this.#answer(iq, nowMs)
    if (isServer && type === 'get') return 'server'
    return this.#ready && from === this.box ? 'box' : 'nothing'
  }

  /** A cloud without relays is one all the same. */
  #answer(iq: Stanza, nowMs: number): News {
    const services = iq.attributes.type === 'result' ? child(iq, 'services', EXTDISCO_NS) : null
    this.#answered = true
    if (!services) return this.#lookAround()
    this.#relays = readRelays(services, nowMs)
    return this.#ready ? 'relays' : this.#lookAround()
  }

  #presence(presence: Stanza): News {
    const { from, type } = presence.attributes
    const gone = type === 'unavailable'
    if (from === this.#own || from === this.#room) return this.#ownPresence(presence, gone)
    if (from !== this.box) return 'nothing'
    const was = this.#boxThere
    this.#boxThere = !gone && isOwner(presence)
    return was && !this.#boxThere ? 'left' : this.#lookAround()
  }

  /** XEP-0045 §7.2.2: our own is the last one of those that joining brings. */
  #ownPresence(presence: Stanza, gone: boolean): News {
    if (gone) return 'left' // thrown out, or the room is no more
    if (presence.attributes.type === 'error') return this.#joined ? 'left' : refusalOf(presence)
    this.#joined = true
    return this.#lookAround()
  }
}

/** The meeting is its owner's: a guest who takes the box's name while it is away is not the box. */
function isOwner(presence: Stanza): boolean {
  const about = child(presence, 'x', NS.user)
  return about ? child(about, 'item', NS.user)?.attributes.affiliation === 'owner' : false
}

/** XEP-0045 §7.2: a room that is not there may not be made by a guest. */
function refusalOf(presence: Stanza): News {
  const error = child(presence, 'error', NS.client)
  if (error && child(error, 'resource-constraint', NS.errors)) return 'tries'
  return error && child(error, 'service-unavailable', NS.errors) ? 'full' : 'nobody'
}

function drawNick(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
