/** A remark in a box, with a sign, a title and a sentence. */
import { h } from './dom'
import { icon } from './icons'

export type NoteKind = 'info' | 'warning' | 'good'

export function note(kind: NoteKind, title: string, text: string): HTMLDivElement {
  const sign = icon(kind === 'good' ? 'eye' : kind)
  return h('div', { class: `note note-${kind}` }, sign,
    h('p', {}, h('strong', { class: 'note-title' }, title), ' ', text))
}
