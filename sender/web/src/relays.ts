/** The STUN and TURN servers that a cloud offers (XEP-0215), for the browser's own ICE. */
import { is, type Stanza } from './stanza'

export const EXTDISCO_NS = 'urn:xmpp:extdisco:2'

export interface Relays {
  readonly servers: RTCIceServer[]
  /** Until the first of them expires. */
  readonly lifetimeS: number
}

const MOST = 8
const MAX_CREDENTIAL = 512
const MIN_LIFETIME_S = 60
const LONG_LIFETIME_S = 3600
const HOST = /^[\da-z_][\da-z.:_-]{0,252}$/i
const DEFAULT_PORTS: Readonly<Record<string, number>> = { stun: 3478, turn: 3478, turns: 5349 }
/** What is of use: STUN and TURN over UDP, TURN inside TLS. */
const TRANSPORTS: Readonly<Record<string, string>> = { stun: 'udp', turn: 'udp', turns: 'tcp' }

/** As lec_extdisco_read() does: others are passed over. */
export function readRelays(services: Stanza, nowMs: number): Relays {
  const servers: RTCIceServer[] = []
  let lifetimeS = LONG_LIFETIME_S
  for (const service of services.children) {
    const leftS = lifetimeOf(service, nowMs)
    const server = servers.length < MOST && leftS > 0 && is(service, 'service', EXTDISCO_NS) ? serverOf(service) : null
    if (!server) continue
    servers.push(server)
    lifetimeS = Math.min(lifetimeS, leftS)
  }
  return { servers, lifetimeS: Math.max(lifetimeS, MIN_LIFETIME_S) }
}

function lifetimeOf({ attributes: { expires } }: Stanza, nowMs: number): number {
  if (expires === undefined) return LONG_LIFETIME_S
  const left = (Date.parse(expires) - nowMs) / 1000
  return Number.isFinite(left) ? Math.floor(left) : 0
}

function serverOf({ attributes }: Stanza): RTCIceServer | null {
  const { type = '', host = '', username = '', password = '' } = attributes
  const transport = TRANSPORTS[type]
  const port = Number(attributes.port ?? DEFAULT_PORTS[type])
  if (!transport || (attributes.transport ?? transport) !== transport || !HOST.test(host) ||
      !Number.isInteger(port) || port < 1 || port > 65535) return null
  const address = host.includes(':') ? `[${host}]` : host
  if (type === 'stun') return { urls: `stun:${address}:${port}` }
  if (!isCredential(username) || !isCredential(password)) return null
  return { urls: `${type}:${address}:${port}?transport=${transport}`, username, credential: password }
}

function isCredential(text: string): boolean {
  return text.length > 0 && text.length <= MAX_CREDENTIAL && !/[\u0000-\u001f\u007f]/.test(text)
}
