/** The keys that mean something wherever the focus is. */

export interface Keys {
  escape(): void
  /** True where there was a page to turn. */
  turnPage(by: number): boolean
}

const TURNS: Readonly<Record<string, number>> = { PageDown: 1, ArrowRight: 1, PageUp: -1, ArrowLeft: -1 }

export function watchKeys(keys: Keys): void {
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return
    if (event.key === 'Escape') keys.escape()
    const by = TURNS[event.key]
    if (by !== undefined && !usesArrows(event.target) && keys.turnPage(by)) event.preventDefault()
  })
}

/** Fields, radio buttons and lists have a use for these keys of their own. */
function usesArrows(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, select, textarea, video')
}
