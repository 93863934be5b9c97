/** The short authentication string: commitment, and the six digits that both screens show. */
import { sha256 } from '@noble/hashes/sha2.js'
import { type Bytes, utf8 } from './bytes'
import { lvCat } from './cpace'
import { hmacSha512 } from './pake'

export const NONCE_BYTES = 32

const LIMIT = 4294000000 // the last multiple of 10^6 below 2^32: every number is as likely as any other

export function commitTo(nonce: Uint8Array): Bytes {
  return sha256(lvCat(utf8('lectern call 1 commit'), nonce)) as Bytes
}

export interface SasInput {
  readonly session: string
  readonly caller: Uint8Array
  readonly box: Uint8Array
  readonly boxPoint: Uint8Array
  readonly nonce: Uint8Array
}

export function formatSas({ session, caller, box, boxPoint, nonce }: SasInput): string {
  const string = lvCat(utf8('lectern call 1 sas'), utf8(session), caller, box, boxPoint)
  const hash = new DataView(hmacSha512(nonce, string).buffer)
  let word = 0
  for (let at = 0; at < 64; at += 4) {
    word = hash.getUint32(at)
    if (word < LIMIT) break
  }
  return String(word % 1000000).padStart(6, '0')
}
