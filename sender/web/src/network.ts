/** Tells when the network may have become another one: the browser says so, or the machine has slept. */

const TICK_MS = 2000
/** A timer that comes this much too late: the machine slept. Hidden pages get theirs once a minute at worst. */
const SLEPT_MS = 90_000

interface NetworkInformation extends EventTarget {
  readonly type?: string
}

export function watchNetwork(changed: () => void): void {
  window.addEventListener('online', changed)
  const { connection } = navigator as { connection?: NetworkInformation }
  let type = connection?.type
  connection?.addEventListener('change', () => {
    // It also tells of estimates that move, which mean nothing here.
    if (connection.type === type) return
    type = connection.type
    changed()
  })
  let last = Date.now()
  window.setInterval(() => {
    const late = Date.now() - last - TICK_MS
    last = Date.now()
    if (late > (document.hidden ? SLEPT_MS : 3 * TICK_MS)) changed()
  }, TICK_MS)
}
