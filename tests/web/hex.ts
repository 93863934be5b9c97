/** Known answers as text. */
import { type Bytes, toHex } from '../../sender/web/src/bytes'

export const hex = toHex

export function unhex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16))
}
