/** When to look for a path without a relay, as sender/detour.c does; pure. */
const FIRST_MS = 15_000
const MOST_MS = 300_000

export class Detour {
  #next = 0 // 0: the path is direct
  #wait = 0

  /** With each sample: whether other paths should be looked for now. */
  isDue(relayed: boolean, nowMs: number): boolean {
    if (!relayed) {
      this.#next = 0
      return false
    }
    const due = this.#next !== 0 && nowMs >= this.#next
    if (this.#next === 0) this.#wait = FIRST_MS
    else if (due) this.#wait = Math.min(2 * this.#wait, MOST_MS)
    else return false
    this.#next = nowMs + this.#wait
    return due
  }
}
