/**
 * Ranks the box's candidates by the restart that they belong to, pure. Chromium goes on over the pair that it has until
 * one of a higher priority works, or until nothing has come over it for 2.5 s; and TCP's pairs rank below all of UDP's,
 * even below one that is dead. So those of a restart get priorities over all that were before (RFC 8445 §5.1.2 leaves
 * them free); among themselves they keep their order.
 */

/** Of a candidate's own priority, so much is kept: type and the upper part of the local preference. */
const KEPT_BITS = 20
/** Below every priority that a browser gives its own candidates: the smaller one of a pair's two decides (§6.1.2.3). */
const LOWEST = 1_000_000_000
const MAX_GENERATION = 300

export function rankCandidates(text: string, generation: number): string {
  const first = LOWEST + Math.min(generation, MAX_GENERATION) * 2 ** KEPT_BITS
  return text.replace(/^((?:a=)?candidate:\S+ \d+ \S+ )(\d{1,10})(?= )/gm, (_, before: string, priority: string) =>
    before + String(first + Math.floor(Number(priority) / 2 ** (32 - KEPT_BITS)) % 2 ** KEPT_BITS))
}
