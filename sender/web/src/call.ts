/** The caller's side of the call, pure: payloads and time in, events out (docs/protocol/call.md has the table). */
import { type Bytes, concat, equalBytes, randomBytes, toBase64, toHex, utf8, wipe } from './bytes'
import type { EndReason } from './contract'
import { lvCat } from './cpace'
import { type Ask, CALL_NS, cleanName, Fault, formatFingerprint, message, readBytes, readCandidate, readChallenge,
         readGoodbye, readNumber, readReport, readSdp, type Report, VERSION } from './messages'
import { hmacSha512256, Pake } from './pake'
import { commitTo, formatSas, NONCE_BYTES } from './sas'
import type { Stanza } from './stanza'

export interface CallEvents {
  send(payload: Stanza): void
  /** Then prove(), as soon as the person has given the PIN. */
  challenge(ask: Ask, boxName: string): void
  wait(sas: string): void
  answer(sdp: string): void
  report(report: Report): void
  restarted(sdp: string): void
  resumed(): void
  /** Of the description that was given last; null: no more. */
  candidate(candidate: string | null): void
  /** Last event, exactly once. */
  ended(reason: EndReason, retryAfterS: number): void
}

/** Still: on purpose. Hidden: there is nothing to show for now, nor what was there before. */
export type Picture = 'moving' | 'still' | 'hidden'

type State = 'new' | 'greeted' | 'challenged' | 'offered' | 'waiting' | 'up' | 'parted' | 'ended'

const LIMIT_MS: Readonly<Partial<Record<State, number>>> = { greeted: 5e3, offered: 10e3, waiting: 120e3, parted: 30e3 }
const MAX_CANDIDATES = 64
const MAX_PASSED_OVER = 256
/** Thirty at once, and in the long run one in twenty seconds. */
const MAX_RESTARTS = 30
const RESTART_REFILL_MS = 20_000
const RESTART_INTERVAL_MS = 1000
const RESUME = 'lectern call 1 resume'

/** Which message is welcome in which state. What is not here ends the call. */
const TABLE: Readonly<Record<State, readonly string[]>> = {
  new: [],
  greeted: ['challenge', 'refused', 'bye'],
  challenged: ['refused', 'bye'],
  offered: ['wait', 'answer', 'candidate', 'refused', 'bye'],
  waiting: ['answer', 'candidate', 'refused', 'bye'],
  up: ['candidate', 'stats', 'restart', 'bye'],
  parted: ['resumed', 'refused', 'bye'],
  ended: [],
}

export class Call {
  readonly sid = toHex(randomBytes(16))
  readonly #events: CallEvents
  readonly #name: string
  readonly #fingerprint: Bytes
  readonly #nonce = randomBytes(NONCE_BYTES)
  #state: State = 'new'
  #deadline = Infinity
  #ask: Ask = 'nothing'
  #boxFingerprint: Bytes = new Uint8Array(0)
  #boxPoint: Bytes = new Uint8Array(0)
  #pake: Pake | null = null
  #resumeKey: Bytes | null = null
  #resumes = 0
  #restarts = 0
  #lastRestart = -Infinity
  /** When all that were asked for have been made up for. */
  #restartsPaid = -Infinity
  #awaitingRestart = false
  #picture: Picture = 'moving'
  #pictureSaid = false
  #out: (string | null)[] = []
  #outCount = 0
  #outEnded = false
  #in: (string | null)[] = []
  #inCount = 0
  #inEnded = false
  #passedOver = 0

  constructor(name: string, fingerprint: Bytes, events: CallEvents) {
    this.#name = cleanName(name)
    this.#fingerprint = fingerprint
    this.#events = events
  }

  get up(): boolean {
    return this.#state === 'up'
  }

  get parted(): boolean {
    return this.#state === 'parted'
  }

  /** A restart has been asked for and not been answered. */
  get restarting(): boolean {
    return this.#awaitingRestart
  }

  /** When tick() is due; Infinity: never. */
  get deadline(): number {
    return this.#deadline
  }

  /** The media flow all the same: the time that a call may be parted begins anew. */
  linger(now: number): void {
    if (this.#state === 'parted') this.#deadline = now + (LIMIT_MS.parted ?? 0)
  }

  tick(now: number): void {
    if (now >= this.#deadline) this.#finish(this.#state === 'parted' ? 'gone' : 'timeout', 0, this.#state !== 'parted')
  }

  dial(now: number): void {
    if (this.#state !== 'new') return
    this.#go('greeted', now)
    const about = { version: VERSION, name: this.#name, fingerprint: formatFingerprint(this.#fingerprint) }
    this.#send('hello', about, { commit: toBase64(commitTo(this.#nonce)) })
  }

  /** pin: '' where none is asked. offer: with our own certificate's fingerprint. */
  prove(pin: string, offer: string, now: number): void {
    if (this.#state !== 'challenged') return
    const pake = new Pake({ role: 'caller', channel: 'lectern call 1', code: this.#ask === 'pin' ? pin : '', session: this.sid,
      caller: this.#fingerprint, box: this.#boxFingerprint })
    if (!pake.finish(this.#boxPoint)) return this.#finish('protocol', 0, true)
    this.#pake = pake
    this.#resumeKey = pake.derive(RESUME)
    this.#outCount += countCandidates(offer)
    this.#go('offered', now)
    this.#send('offer', {}, { point: toBase64(pake.point), nonce: toBase64(this.#nonce), confirm: toBase64(pake.confirm()), sdp: offer })
    this.#flushOut()
  }

  /** null: no more. Kept back until it may be sent. */
  sendCandidate(candidate: string | null): void {
    if (this.#outEnded || this.#state === 'ended') return
    if (candidate === null) this.#outEnded = true
    else if (this.#outCount >= MAX_CANDIDATES) return
    else this.#outCount++
    this.#out.push(candidate)
    this.#flushOut()
  }

  /** When a restart may be sent; Infinity: the call is not up. */
  get restartDue(): number {
    if (this.#state !== 'up') return Infinity
    return Math.max(this.#lastRestart + RESTART_INTERVAL_MS, this.#restartsPaid - (MAX_RESTARTS - 1) * RESTART_REFILL_MS)
  }

  /** Candidates that are sent after it belong to it. */
  restart(offer: string, now: number): void {
    if (now < this.restartDue) return
    this.#restarts++
    this.#lastRestart = now
    this.#restartsPaid = Math.max(this.#restartsPaid, now) + RESTART_REFILL_MS
    this.#awaitingRestart = true
    this.#out = []
    this.#outCount = countCandidates(offer)
    this.#outEnded = false
    this.#send('restart', { number: String(this.#restarts) }, { sdp: offer })
  }

  pause(picture: Picture): void {
    if (this.#picture === picture) return
    this.#picture = picture
    this.#pictureSaid = true
    if (this.#state === 'up') this.#sayPicture()
  }

  /** A box that knows nothing of hide goes on to show what comes: on is false with it. */
  #sayPicture(): void {
    const hide: Record<string, string> = this.#picture === 'hidden' ? { hide: 'true' } : {}
    if (this.#pictureSaid) this.#send('pause', { on: String(this.#picture === 'still'), ...hide })
  }

  /** The door session is gone. A call that is up can be resumed for half a minute; any other ends. */
  part(now: number): void {
    if (this.#state === 'up') this.#go('parted', now)
    else if (this.#state !== 'parted') this.#finish('gone', 0, false)
  }

  /** A parted call has a new door session. */
  resume(): void {
    if (this.#state !== 'parted' || !this.#resumeKey) return
    const count = ++this.#resumes
    this.#send('resume', { count: String(count) }, { proof: toBase64(this.#resumeProof('caller', count)) })
  }

  hangUp(reason: EndReason): void {
    this.#finish(reason, 0, this.#state !== 'parted')
  }

  /** False where the call has ended, be it before or because of this payload. */
  receive(payload: Stanza, now: number): boolean {
    if (this.#state === 'ended') return false
    try {
      if (payload.ns !== CALL_NS || !/^[\da-f]{32}$/.test(payload.attributes.sid ?? '')) {
        throw new Fault('protocol', 'The message is no message of a call.')
      }
      // A box may still be talking of the last call.
      if (payload.attributes.sid !== this.sid) return true
      if (!TABLE[this.#state].includes(payload.name)) throw new Fault('protocol', `The message ${payload.name} is out of order.`)
      this.#dispatch(payload, now)
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
      this.#finish(fault.reason, 0, true)
    }
    return this.#stillOn()
  }

  #stillOn(): boolean {
    return this.#state !== 'ended'
  }

  #dispatch(payload: Stanza, now: number): void {
    switch (payload.name) {
      case 'challenge': return this.#onChallenge(payload, now)
      case 'wait': return this.#onWait(now)
      case 'answer': return this.#onAnswer(payload, now)
      case 'candidate': return this.#onCandidate(payload)
      case 'stats': return this.#events.report(readReport(payload))
      case 'restart': return this.#onRestart(payload)
      case 'resumed': return this.#onResumed(payload, now)
      default: {
        const { reason, retryAfterS } = readGoodbye(payload)
        // A box that was begun anew, or knows nothing of resuming, may put it in other words.
        this.#finish(this.#state === 'parted' && reason === 'protocol' ? 'gone' : reason, retryAfterS, false)
      }
    }
  }

  #onChallenge(payload: Stanza, now: number): void {
    const challenge = readChallenge(payload)
    this.#ask = challenge.ask
    this.#boxFingerprint = challenge.fingerprint
    this.#boxPoint = challenge.point
    this.#go('challenged', now)
    this.#events.challenge(challenge.ask, challenge.name)
  }

  #onWait(now: number): void {
    this.#go('waiting', now)
    this.#events.wait(formatSas({ session: this.sid, caller: this.#fingerprint, box: this.#boxFingerprint,
      boxPoint: this.#boxPoint, nonce: this.#nonce }))
  }

  #onAnswer(payload: Stanza, now: number): void {
    const confirm = readBytes(payload, 'confirm')
    const sdp = readSdp(payload, this.#boxFingerprint)
    if (!this.#pake?.verify(confirm)) throw new Fault('impostor', 'The box could not prove the PIN.')
    this.#pake.wipe()
    this.#inCount += countCandidates(sdp)
    this.#go('up', now)
    this.#sayPicture()
    this.#events.answer(sdp)
    for (const candidate of this.#in.splice(0)) if (this.up) this.#events.candidate(candidate)
  }

  #onCandidate(payload: Stanza): void {
    const candidate = readCandidate(payload)
    // Meant for the description before the restart.
    if (this.#awaitingRestart && this.#inEnded) return
    if (this.#inEnded) throw new Fault('protocol', 'A candidate followed after the last one.')
    if (candidate === null) this.#inEnded = true
    else if (++this.#inCount > MAX_CANDIDATES) {
      if (++this.#passedOver > MAX_PASSED_OVER) throw new Fault('protocol', 'There are too many candidates.')
      return
    }
    if (this.up) this.#events.candidate(candidate)
    else this.#in.push(candidate)
  }

  #onRestart(payload: Stanza): void {
    const number = payload.attributes.number === undefined ? this.#restarts : readNumber(payload, 'number')
    const sdp = readSdp(payload, this.#boxFingerprint)
    // An answer to one before the last is of no use any more.
    if (!this.#awaitingRestart || number !== this.#restarts) return
    this.#awaitingRestart = false
    this.#inCount = countCandidates(sdp)
    this.#inEnded = false
    this.#events.restarted(sdp)
    this.#flushOut()
  }

  #onResumed(payload: Stanza, now: number): void {
    const count = readNumber(payload, 'count')
    const proof = readBytes(payload, 'proof')
    if (count !== this.#resumes || !equalBytes(proof, this.#resumeProof('box', count))) {
      throw new Fault('impostor', 'The box could not prove that it is the same.')
    }
    this.#go('up', now)
    // One that went out by a door that was dead is no reason to wait for the next one.
    if (this.#awaitingRestart) this.#lastRestart = -Infinity
    this.#sayPicture()
    this.#events.resumed()
    this.#flushOut()
  }

  #resumeProof(prover: 'caller' | 'box', count: number): Bytes {
    const number = new DataView(new ArrayBuffer(8))
    number.setBigUint64(0, BigInt(count))
    const text = concat(lvCat(utf8(`${RESUME} ${prover}`)), utf8(this.sid), new Uint8Array(number.buffer))
    return hmacSha512256(this.#resumeKey ?? new Uint8Array(0), text)
  }

  #go(state: State, now: number): void {
    this.#state = state
    this.#deadline = now + (LIMIT_MS[state] ?? Infinity)
  }

  #send(name: string, attributes: Record<string, string> = {}, children: Record<string, string> = {}, text = ''): void {
    this.#events.send(message(name, this.sid, attributes, children, text))
  }

  #flushOut(): void {
    while (this.#out.length && (this.#state === 'offered' || this.#state === 'waiting' || this.#state === 'up')) {
      const candidate = this.#out.shift()
      if (typeof candidate === 'string') this.#send('candidate', {}, {}, candidate)
      else this.#send('candidate', { end: 'true' })
    }
  }

  #finish(reason: EndReason, retryAfterS: number, tell: boolean): void {
    if (this.#state === 'ended') return
    const heardOf = this.#state !== 'new'
    this.#state = 'ended'
    this.#deadline = Infinity
    this.#pake?.wipe()
    wipe(this.#nonce, this.#resumeKey ?? new Uint8Array(0))
    if (tell && heardOf) this.#send('bye', { reason })
    this.#events.ended(reason, retryAfterS)
  }
}

function countCandidates(sdp: string): number {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0
}
