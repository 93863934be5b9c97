/** What the page remembers of a person's choices in this browser: never a PIN. */

type Item = 'language' | 'name' | 'profile' | 'sound'

/** A private window may have no storage, or one that throws. */
export function recall(item: Item): string | null {
  try {
    return localStorage.getItem(`lectern-${item}`)
  } catch {
    return null
  }
}

export function remember(item: Item, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`lectern-${item}`)
    else localStorage.setItem(`lectern-${item}`, value)
  } catch {
    // It is asked for again next time.
  }
}
