/** The proof of a code: CPace, a key confirmation for each direction, and keys for what follows. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Bytes, concat, equalBytes, utf8, wipe } from './bytes'
import { drawScalar, lvCat, makeGenerator, makeIsk, makeTranscript, multiply } from './cpace'

/** The draft's A and B. */
export type Role = 'caller' | 'box'

export interface PakeInput {
  readonly role: Role
  /** CI: "lectern call 1" or "lectern host 1". */
  readonly channel: string
  /** The PIN, the host code, or nothing. */
  readonly code: string
  readonly session: string
  /** Associated data: raw fingerprints, or empty. */
  readonly caller: Uint8Array
  readonly box: Uint8Array
}

export function hmacSha512(key: Uint8Array, message: Uint8Array): Bytes {
  return hmac(sha512, key, message) as Bytes
}

/** HMAC-SHA-512 cut to 32 bytes. */
export function hmacSha512256(key: Uint8Array, message: Uint8Array): Bytes {
  return hmacSha512(key, message).slice(0, 32)
}

/** One side of one proof. */
export class Pake {
  readonly point: Bytes
  readonly #input: PakeInput
  readonly #scalar: Bytes
  #isk: Bytes | null = null
  #transcript: Bytes | null = null

  /** scalar: for tests with known answers only. */
  constructor(input: PakeInput, scalar: Bytes = drawScalar()) {
    const code = utf8(input.code)
    const generator = makeGenerator(code, utf8(input.channel), utf8(input.session))
    const point = multiply(scalar, generator)
    wipe(code, generator)
    // Odds of 2^-252 for a scalar that is drawn.
    if (!point) throw new Error('The scalar is zero.')
    this.#input = { ...input, code: '' }
    this.#scalar = scalar
    this.point = point
  }

  /** False for a point that CPace must abort on. Once only. */
  finish(peerPoint: Uint8Array): boolean {
    const { role, session, caller, box } = this.#input
    const k = multiply(this.#scalar, peerPoint)
    wipe(this.#scalar)
    if (!k) return false
    this.#transcript = role === 'caller' ? makeTranscript(this.point, caller, peerPoint, box)
      : makeTranscript(peerPoint, caller, this.point, box)
    this.#isk = makeIsk(utf8(session), k, this.#transcript)
    wipe(k)
    return true
  }

  /** A key for what follows the proof; the first 32 bytes of HMAC-SHA-512(ISK, label). */
  derive(label: string): Bytes {
    if (!this.#isk) throw new Error('The proof is not finished.')
    return hmacSha512256(this.#isk, utf8(label))
  }

  confirm(): Bytes {
    return this.#tag(this.#input.role)
  }

  verify(tag: Uint8Array): boolean {
    return equalBytes(tag, this.#tag(this.#input.role === 'caller' ? 'box' : 'caller'))
  }

  /** Nothing can be proved or derived afterwards. */
  wipe(): void {
    wipe(this.#scalar)
    if (this.#isk) wipe(this.#isk)
    this.#isk = null
  }

  #tag(role: Role): Bytes {
    const label = `${this.#input.channel} confirm ${role}`
    const key = this.derive(label)
    const tag = hmacSha512256(key, concat(lvCat(utf8(label)), this.#transcript ?? new Uint8Array(0)))
    wipe(key)
    return tag
  }
}
