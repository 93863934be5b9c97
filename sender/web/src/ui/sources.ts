/** The big buttons that say what can be shared. */
import type { SourceKind } from '../contract'
import { h } from './dom'
import { t } from './i18n'
import { icon } from './icons'
import type { Context } from './panel'

export function sourceButtons(context: Context): HTMLElement {
  const { actions } = context
  const list = h('ul', { class: 'sources' })
  const add = (kind: SourceKind, title: string, text: string, press: () => void, ...more: Node[]): void => {
    const button = h('button', { class: 'source', type: 'button', onclick: press }, icon(kind),
      h('span', {}, h('span', { class: 'source-title' }, title), h('span', { class: 'source-text' }, text)))
    list.append(h('li', { class: `source-${kind}` }, button, ...more))
  }
  if (context.canScreen)
    add('screen', t('Screen, window or tab'), t('Your browser asks which one.'),
      () => { actions.share('screen') })
  if (context.canCamera)
    add('camera', t('Camera'), t('Point it at a board or a thing.'), () => { actions.share('camera') })
  const picture = fileInput('image/*', file => { actions.share('picture', file) })
  add('picture', t('Picture'), t('A photo or a drawing.'), () => { picture.click() }, picture)
  const pdf = fileInput('application/pdf,.pdf', file => { actions.share('pdf', file) })
  add('pdf', t('PDF'), t('You turn its pages here.'), () => { pdf.click() }, pdf)
  return list
}

/** Behind a button of ours: never seen, never a stop of the Tab key. */
function fileInput(accept: string, chosen: (file: File) => void): HTMLInputElement {
  const input = h('input', { type: 'file', accept, hidden: true, tabindex: -1, onchange: () => {
    const file = input.files?.[0]
    input.value = '' // so that the same file can be chosen again
    if (file) chosen(file)
  } })
  return input
}

/** A file dropped anywhere on the page, if it is of a kind that can be shared. */
export function kindOfFile(file: File): SourceKind | null {
  if (file.type === 'application/pdf' || /\.pdf$/i.test(file.name)) return 'pdf'
  return file.type.startsWith('image/') ? 'picture' : null
}
