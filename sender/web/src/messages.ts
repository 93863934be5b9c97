/** Reading and writing of the call's messages (docs/protocol/call.md), as the caller needs them. */
import { type Bytes, fromBase64, toHex } from './bytes'
import type { EndReason } from './contract'
import { element, is, type Stanza } from './stanza'

export const CALL_NS = 'urn:lectern:call:1'
export const VERSION = '1'

const MAX_NUMBER = 0xffffffff
const MAX_SDP_BYTES = 32768
const REASONS: readonly EndReason[] = [
  'bye', 'denied', 'locked', 'busy', 'revoked', 'declined', 'version', 'protocol', 'timeout', 'impostor', 'media', 'gone',
]

/** A message that ends the call, with the reason. */
export class Fault extends Error {
  readonly reason: EndReason

  constructor(reason: EndReason, message: string) {
    super(message)
    this.reason = reason
  }
}

export type Ask = 'nothing' | 'pin' | 'approval'

export interface Challenge {
  readonly ask: Ask
  readonly name: string
  readonly fingerprint: Bytes
  readonly point: Bytes
}

export interface Report {
  readonly displayUs: number
  readonly width: number
  readonly height: number
  readonly visible: boolean
  readonly state: 'held' | 'shown' | 'paused'
  /** 0: no wish. */
  readonly maxKbps: number
  readonly maxFps: number
}

export function message(name: string, sid: string, attributes: Record<string, string | undefined> = {},
                        children: Record<string, string> = {}, text = ''): Stanza {
  const inner = Object.entries(children).map(([key, value]) => element(key, CALL_NS, {}, [], value))
  return element(name, CALL_NS, { sid, ...attributes }, inner, text)
}

/** "AB:CD:…" of 32 bytes; null for anything else. */
export function parseFingerprint(text: string): Bytes | null {
  if (!/^[\da-f]{2}(?::[\da-f]{2}){31}$/i.test(text)) return null
  return Uint8Array.from(text.split(':'), byte => parseInt(byte, 16))
}

export function formatFingerprint(bytes: Uint8Array): string {
  return toHex(bytes).toUpperCase().replace(/..(?=.)/g, '$&:')
}

/** Marks that turn the text around them could make a name read as something else (Unicode TR 36 §2.6). */
export function cleanName(name: string): string {
  const marks = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu
  let length = 0
  const kept: string[] = []
  for (const character of name.replace(marks, '\ufffd')) {
    length += new TextEncoder().encode(character).length
    if (length > 64) break
    kept.push(character)
  }
  return kept.join('')
}

function onlyChild(payload: Stanza, name: string): string {
  const found = payload.children.filter(each => is(each, name, CALL_NS))
  const [first] = found
  if (!first || found.length > 1) throw new Fault('protocol', `The message ${payload.name} has not one element ${name}.`)
  return first.text
}

export function readBytes(payload: Stanza, name: string): Bytes {
  const bytes = fromBase64(onlyChild(payload, name), 32)
  if (!bytes) throw new Fault('protocol', `The element ${name} is not 32 bytes in base64.`)
  return bytes
}

export function readNumber(payload: Stanza, attribute: string, max = MAX_NUMBER): number {
  const text = payload.attributes[attribute] ?? ''
  const value = Number(text)
  if (!/^\d{1,10}$/.test(text) || value > max) throw new Fault('protocol', `The attribute ${attribute} is no such number.`)
  return value
}

function optionalNumber(payload: Stanza, attribute: string, max?: number): number {
  return payload.attributes[attribute] === undefined ? 0 : readNumber(payload, attribute, max)
}

function readWord<Word extends string>(payload: Stanza, attribute: string, words: readonly Word[], absent?: Word): Word {
  const text = payload.attributes[attribute] ?? absent
  const word = words.find(each => each === text)
  if (word === undefined) throw new Fault('protocol', `The attribute ${attribute} of ${payload.name} is not known.`)
  return word
}

export function readChallenge(payload: Stanza): Challenge {
  const version = readNumber(payload, 'version', 0xffff)
  if (String(version) !== VERSION) throw new Fault('version', 'The box speaks another version.')
  const { name, fingerprint = '' } = payload.attributes
  const bytes = parseFingerprint(fingerprint)
  if (name === undefined || !bytes) throw new Fault('protocol', 'The challenge lacks a name or a fingerprint.')
  const ask = readWord(payload, 'ask', ['nothing', 'pin', 'approval'] as const)
  return { ask, name: cleanName(name), fingerprint: bytes, point: readBytes(payload, 'point') }
}

export function readGoodbye(payload: Stanza): { reason: EndReason, retryAfterS: number } {
  return { reason: readWord(payload, 'reason', REASONS), retryAfterS: optionalNumber(payload, 'retry-after', 86400) }
}

export function readReport(payload: Stanza): Report {
  return {
    displayUs: readNumber(payload, 'display-us'),
    width: readNumber(payload, 'width', 16384),
    height: readNumber(payload, 'height', 16384),
    visible: readWord(payload, 'visible', ['true', 'false'] as const) === 'true',
    state: readWord(payload, 'state', ['held', 'shown', 'paused'] as const, 'shown'),
    maxKbps: optionalNumber(payload, 'max-kbps'),
    maxFps: optionalNumber(payload, 'max-fps'),
  }
}

/** The text of a=candidate; null: no more follow. */
export function readCandidate(payload: Stanza): string | null {
  if (payload.attributes.end === undefined) {
    if (payload.text.length > 1024 || /[\r\n]/.test(payload.text)) throw new Fault('protocol', 'A candidate is no line.')
    return payload.text.trim().replace(/^a=/, '')
  }
  if (payload.attributes.end !== 'true' || payload.text) throw new Fault('protocol', 'The end mark is not "true" alone.')
  return null
}

/**
 * The description, if the only fingerprint it names is the one announced. A browser takes any of those that a
 * description names, so a second one would let somebody else in.
 */
export function readSdp(payload: Stanza, fingerprint: Uint8Array): string {
  const sdp = onlyChild(payload, 'sdp')
  if (sdp.length > MAX_SDP_BYTES || /\r(?!\n)/.test(sdp)) throw new Fault('protocol', 'The description is too long or broken.')
  const expected = `sha-256 ${formatFingerprint(fingerprint)}`.toLowerCase()
  const named = [...sdp.matchAll(/^\s*a\s*=\s*fingerprint\s*:(.*)$/gim)].map(match => (match[1] ?? '').trim().toLowerCase())
  if (named.length === 0 || named.some(each => each !== expected)) {
    throw new Fault('impostor', 'The description is for another certificate.')
  }
  return sdp
}
