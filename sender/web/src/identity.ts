/** This browser's lasting certificate: made once, kept in IndexedDB, renewed in time. */
import { type Bytes } from './bytes'
import { parseFingerprint } from './messages'

export interface Identity {
  readonly certificate: RTCCertificate
  readonly fingerprint: Bytes
  /** False: it goes with the page. */
  readonly kept: boolean
}

const DATABASE = 'lectern'
const STORE = 'identity'
const KEY = 'certificate'
const DAY_MS = 24 * 3600e3
const LIFE_MS = 365 * DAY_MS // the most that browsers give
const RENEW_MS = 30 * DAY_MS

interface EcKeyGen extends EcKeyGenParams {
  readonly expires: number
}

function makeCertificate(): Promise<RTCCertificate> {
  const algorithm: EcKeyGen = { name: 'ECDSA', namedCurve: 'P-256', expires: LIFE_MS }
  return RTCPeerConnection.generateCertificate(algorithm)
}

/** Whether it lasts long enough for a share that begins now. */
export function isFresh(certificate: { readonly expires: number }, now: number): boolean {
  return certificate.expires - now > RENEW_MS
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
    request.onblocked = () => reject(new Error('blocked'))
  })
}

/** What is kept, or ours where nothing fresh is: one transaction, so that two tabs end up with the same. */
function settle(database: IDBDatabase, ours: RTCCertificate | null): Promise<RTCCertificate | null> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, ours ? 'readwrite' : 'readonly')
    const store = transaction.objectStore(STORE)
    const request = store.get(KEY) as IDBRequest<RTCCertificate | undefined>
    let found: RTCCertificate | null = null
    request.onsuccess = () => {
      const kept = request.result
      found = kept instanceof RTCCertificate && isFresh(kept, Date.now()) ? kept : ours
      if (found && found !== kept) store.put(found, KEY)
    }
    transaction.oncomplete = () => resolve(found)
    transaction.onerror = transaction.onabort = () => reject(transaction.error)
  })
}

/** RTCCertificate.getFingerprints() is not everywhere; a description names it always. */
async function fingerprintOf(certificate: RTCCertificate): Promise<Bytes> {
  const named = certificate.getFingerprints?.().find(each => each.algorithm?.toLowerCase() === 'sha-256')?.value
  const bytes = parseFingerprint(named ?? await describedFingerprint(certificate))
  if (!bytes) throw new Error('The certificate has no SHA-256 fingerprint.')
  return bytes
}

async function describedFingerprint(certificate: RTCCertificate): Promise<string> {
  const connection = new RTCPeerConnection({ certificates: [certificate] })
  try {
    connection.addTransceiver('audio', { direction: 'sendonly' })
    const { sdp = '' } = await connection.createOffer()
    return /^a=fingerprint:sha-256 (\S+)/im.exec(sdp)?.[1] ?? ''
  } finally {
    connection.close()
  }
}

async function keptCertificate(): Promise<RTCCertificate | null> {
  const database = await open()
  try {
    return await settle(database, null) ?? await settle(database, await makeCertificate())
  } finally {
    database.close()
  }
}

/** Never fails for want of a place to keep it: then it is made for this page alone. */
export async function loadIdentity(): Promise<Identity> {
  const found = await keptCertificate().catch(() => null)
  const certificate = found ?? await makeCertificate()
  return { certificate, fingerprint: await fingerprintOf(certificate), kept: found !== null }
}
