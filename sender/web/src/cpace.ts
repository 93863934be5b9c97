/** CPace's strings and group operations (draft-irtf-cfrg-cpace-21, ristretto255 with SHA-512). */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Bytes, concat, randomBytes, utf8, wipe } from './bytes'

export const POINT_BYTES = 32
export const SCALAR_BYTES = 32

const HASH_BLOCK_BYTES = 128 // s_in_bytes of SHA-512
const DSI = utf8('CPaceRistretto255')
const DSI_ISK = utf8('CPaceRistretto255_ISK')

function leb128(value: number): Bytes {
  const out: number[] = []
  for (; value > 0x7f; value >>>= 7) out.push(value & 0x7f | 0x80)
  return Uint8Array.from([...out, value])
}

/** The draft's lv_cat: each string behind its length in LEB128. */
export function lvCat(...strings: readonly Uint8Array[]): Bytes {
  return concat(...strings.flatMap(string => [leb128(string.length), string]))
}

export function generatorString(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Bytes {
  // The padding fills the hash's first block, so that the time it takes tells nothing of the password.
  const used = lvCat(DSI).length + leb128(prs.length).length + prs.length + 1
  return lvCat(DSI, prs, new Uint8Array(Math.max(0, HASH_BLOCK_BYTES - used)), ci, sid)
}

export function makeGenerator(prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): Bytes {
  const string = generatorString(prs, ci, sid)
  const hash = sha512(string)
  const point = ristretto255_hasher.deriveToCurve?.(hash)
  wipe(string, hash)
  if (!point) throw new Error('ristretto255 has no element derivation')
  return point.toBytes() as Bytes
}

function toNumber(littleEndian: Uint8Array): bigint {
  return littleEndian.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n)
}

/** Uniform: 512 bits modulo the order leave no bias that could be seen. */
export function drawScalar(): Bytes {
  const wide = randomBytes(64)
  let number = toNumber(wide) % ristretto255.Point.Fn.ORDER
  wipe(wide)
  const scalar = new Uint8Array(SCALAR_BYTES)
  for (let at = 0; at < SCALAR_BYTES; at++, number >>= 8n) scalar[at] = Number(number & 0xffn)
  return scalar
}

/** null where CPace must abort: the point is not canonical, or the product is the neutral element. */
export function multiply(scalar: Uint8Array, point: Uint8Array): Bytes | null {
  try {
    const order = ristretto255.Point.Fn.ORDER
    const product = ristretto255.Point.fromBytes(point).multiply(toNumber(scalar) % order)
    return product.is0() ? null : product.toBytes() as Bytes
  } catch {
    return null
  }
}

/** transcript_ir: the initiator's part before the responder's. */
export function makeTranscript(ya: Uint8Array, ada: Uint8Array, yb: Uint8Array, adb: Uint8Array): Bytes {
  return lvCat(ya, ada, yb, adb)
}

export function makeIsk(sid: Uint8Array, k: Uint8Array, transcript: Uint8Array): Bytes {
  const string = concat(lvCat(DSI_ISK, sid, k), transcript)
  const isk = sha512(string)
  wipe(string)
  return isk as Bytes
}
