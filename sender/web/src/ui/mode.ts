/** Whether this page came from the box itself or from a cloud, and which meeting its address names. */

/** The build writes it into the page that clouds serve. */
export function isInCloud(): boolean {
  return document.querySelector('meta[name="lectern-door"][content="cloud"]') !== null
}

/** Six digits, however they were grouped; null: something else. */
export function readNumber(typed: string): string | null {
  const digits = typed.normalize('NFKC').replace(/[\s.\p{Pd}]/gu, '')
  return /^\d{6}$/.test(digits) ? digits : null
}

/** https://cloud.example.org/#123456 */
export function numberInAddress(): string | null {
  return readNumber(location.hash.slice(1))
}

/** So that the page can be loaded again. An ID is an address, never a permission. */
export function putNumberInAddress(number: string): void {
  history.replaceState(null, '', `#${number}`)
}
