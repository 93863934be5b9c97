/** Makes elements without any markup in strings. */

export type Child = Node | string | null
type Value = string | number | boolean | null | ((event: Event) => void)

/** Attributes by their names in HTML; a function under "onclick" and the like listens. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Record<string, Value>, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value)
  for (const child of children) if (child !== null) element.append(child)
  return element
}

function setAttribute(element: HTMLElement, name: string, value: Value): void {
  if (typeof value === 'function') element.addEventListener(name.slice(2), value)
  else if (value === true) element.setAttribute(name, '')
  else if (value !== false && value !== null) element.setAttribute(name, String(value))
}

/** Touches the text only where it changes: a screen reader says again what is written again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

export function show(element: HTMLElement, visible: boolean): void {
  if (element.hidden === visible) element.hidden = !visible
}

/** For headings, which take the focus when a step begins but are no stop of the Tab key. */
export function focusOn(element: HTMLElement): void {
  if (!element.matches('a, button, input, select, summary')) element.tabIndex = -1
  element.focus({ preventScroll: true })
  window.scrollTo(0, 0)
}
