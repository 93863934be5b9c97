/** One direction of a sealed conversation (docs/protocol/host.md): a key of its own, strictly in order. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { toBase64, utf8 } from '../bytes'

export const MAX_TEXT_BYTES = 32 * 1024
const TAG_BYTES = 16
const MAX_BASE64 = 4 * Math.ceil((MAX_TEXT_BYTES + TAG_BYTES) / 3)

function nonceOf(n: number): Uint8Array {
  const nonce = new Uint8Array(12)
  new DataView(nonce.buffer).setBigUint64(4, BigInt(n))
  return nonce
}

/** null for what is not base64 with padding. */
function decode(text: string): Uint8Array | null {
  if (text.length > MAX_BASE64 || text.length % 4 !== 0 || !/^[A-Za-z0-9+\/]*={0,2}$/.test(text)) return null
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}

export class Seal {
  readonly #key: Uint8Array
  readonly #ad: Uint8Array
  #n = 0

  constructor(ad: string, key: Uint8Array) {
    this.#ad = utf8(ad)
    this.#key = key
  }

  /** null: the text is too long. */
  close(text: string): { readonly n: number, readonly sealed: string } | null {
    const bytes = utf8(text)
    if (bytes.length > MAX_TEXT_BYTES) return null
    const sealed = chacha20poly1305(this.#key, nonceOf(this.#n), this.#ad).encrypt(bytes)
    return { n: this.#n++, sealed: toBase64(sealed) }
  }

  /** null where it is not the next message, its seal is broken, or it holds no text. */
  open(n: number, sealed: string): string | null {
    const bytes = n === this.#n ? decode(sealed) : null
    if (!bytes || bytes.length < TAG_BYTES) return null
    try {
      const text = chacha20poly1305(this.#key, nonceOf(n), this.#ad).decrypt(bytes)
      this.#n++
      return new TextDecoder('utf-8', { fatal: true }).decode(text)
    } catch {
      return null
    }
  }
}
