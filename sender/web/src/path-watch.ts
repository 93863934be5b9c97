/** Tells from the browser's counters when the media's path is dead, before any browser says so; pure. */
import type { Sample } from './health'

/** The box answers pictures ten times a second. */
const SILENCE_MS = 450
/** The next try, where one did not help. */
const AGAIN_MS = 2000
/** A few packets may cross the loss of a single answer. */
const UNANSWERED_PACKETS = 3

export class PathWatch {
  #received: number | null = null
  #sent = 0
  /** Since when more was sent than goes without an answer. */
  #unansweredSince: number | null = null
  #dead = false
  #patienceMs = SILENCE_MS

  get dead(): boolean {
    return this.#dead
  }

  /** True where something is to be done about it: as soon as it is dead, and now and then while it stays so. */
  see({ atMs, bytesReceived, packetsSent }: Pick<Sample, 'atMs' | 'bytesReceived' | 'packetsSent'>): boolean {
    if (bytesReceived === null) return false
    // Another pair begins to count at zero, and is no answer yet.
    const heard = this.#received === null || bytesReceived > this.#received
    this.#received = bytesReceived
    if (heard) {
      this.#sent = packetsSent
      this.#unansweredSince = null
      this.#dead = false
      this.#patienceMs = SILENCE_MS
      return false
    }
    // On a dead path a browser soon sends next to nothing: what was unanswered once stays so.
    if (this.#unansweredSince === null && packetsSent - this.#sent > UNANSWERED_PACKETS) this.#unansweredSince = atMs
    if (this.#unansweredSince === null || atMs - this.#unansweredSince < this.#patienceMs) return false
    this.#unansweredSince = atMs
    this.#dead = true
    this.#patienceMs = AGAIN_MS
    return true
  }
}
