/** The connection's state while sharing: words that stay calm, figures behind a fold. */
import type { Health } from '../contract'
import { h, setText, show } from './dom'
import { delayWords, figures, limitWords, qualityWords } from './health'
import { t } from './i18n'

export interface Connection {
  readonly root: HTMLElement
  update(health: Health | null): void
}

export function connection(): Connection {
  const dot = h('span', { 'class': 'dot', 'aria-hidden': 'true' })
  const quality = h('strong', {})
  const delay = h('p', {})
  const limit = h('p', {})
  const list = h('dl', {})
  const fold = h('details', { ontoggle: () => { update(last) } }, h('summary', {}, t('Figures')), list)
  const root = h('section', { 'class': 'connection', 'aria-label': t('Connection') },
    h('p', { class: 'quality' }, dot, quality), delay, limit, fold)
  let last: Health | null = null

  function update(health: Health | null): void {
    last = health
    dot.dataset['quality'] = health?.quality ?? 'none'
    setText(quality, qualityWords(health))
    setText(delay, delayWords(health?.latencyMs ?? null))
    show(delay, delay.textContent !== '')
    setText(limit, limitWords(health))
    show(limit, limit.textContent !== '')
    show(fold, health !== null)
    if (fold.open && health) fill(list, figures(health))
  }
  return { root, update }
}

/** Keeps the rows that stay, so that nobody's selection or reading position is lost each second. */
function fill(list: HTMLElement, rows: readonly (readonly [string, string])[]): void {
  while (list.children.length > rows.length) list.lastElementChild?.remove()
  rows.forEach(([name, value], at) => {
    const row = list.children[at] ?? list.appendChild(h('div', {}, h('dt', {}), h('dd', {})))
    const [term, description] = [row.children[0], row.children[1]]
    if (term) setText(term, name)
    if (description) setText(description, value)
  })
}
