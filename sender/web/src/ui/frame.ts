/** What stands around every step: the name, the way through the steps, troubles, the language. */
import type { View } from '../contract'
import { h, setText, show } from './dom'
import { language, t } from './i18n'
import { icon } from './icons'
import { allLanguages, nameOfLanguage } from './languages'
import type { Panel } from './panel'
import type { Sentence } from './sentences'

export interface Frame {
  readonly root: HTMLElement
  put(panel: Panel): void
  update(view: View | null): void
  /** Shows a trouble, or takes it away. */
  warn(sentence: Sentence | null): void
  isWarning(): boolean
}

export function frame(chooseLanguage: (tag: string) => void, dismiss: () => void, inCloud: boolean): Frame {
  const box = h('bdi', { class: 'box-name' })
  const steps = stepList()
  const header = h('header', {}, h('div', { class: 'top' },
    h('span', { class: 'brand' }, icon('screen'), 'Lectern'), box), steps.root)
  const main = h('main', {})
  const trouble = troubleBox(dismiss)
  const footer = h('footer', { class: 'foot' },
    h('p', {}, icon('lock'), h('span', {}, inCloud
      ? t('Encrypted all the way from this device to the display.') : t('Encrypted, straight from this device to the display.'))),
    // The box's own page is for hosts: they are in the room, or know its address.
    inCloud ? null : h('a', { class: 'host-link', href: '/host', target: '_blank', rel: 'noopener' }, t('For the host')),
    languageChoice(chooseLanguage))
  const root = h('div', { class: 'page' }, header, trouble.root, main, footer)

  return {
    root,
    put: panel => { main.replaceChildren(panel.root) },
    update: view => {
      setText(box, view?.boxName ?? '')
      steps.update(view)
    },
    warn: trouble.warn,
    isWarning: () => trouble.root.childElementCount > 0,
  }
}

function stepList(): { root: HTMLElement, update(view: View | null): void } {
  const items = [t('PIN'), t('Choose'), t('Share')].map(text => h('li', {}, h('span', {}, text)))
  const root = h('ol', { 'class': 'steps', 'aria-label': t('Steps') }, ...items)
  const places: Partial<Record<View['step'], number>> = {
    connecting: 0, pin: 0, checking: 0, waiting: 0, choose: 1, sharing: 2,
  }
  const update = (view: View | null): void => {
    const at = view ? places[view.step] : undefined
    show(root, at !== undefined)
    items.forEach((item, n) => {
      if (n === at) item.setAttribute('aria-current', 'step')
      else item.removeAttribute('aria-current')
      item.classList.toggle('done', at !== undefined && n < at)
    })
  }
  return { root, update }
}

/** The container stays: a screen reader listens only to what was there before the words. */
function troubleBox(dismiss: () => void): { root: HTMLElement, warn(sentence: Sentence | null): void } {
  const root = h('div', { class: 'trouble', role: 'alert' })
  let said = ''
  const warn = (sentence: Sentence | null): void => {
    const words = sentence ? `${sentence.title} ${sentence.text}` : ''
    if (words === said) return
    said = words
    root.replaceChildren()
    if (!sentence) return
    const close = h('button', { 'class': 'quiet close', 'type': 'button', 'onclick': dismiss,
      'aria-label': t('Close this message') }, icon('close'))
    const kind = sentence.isMild ? 'info' : 'warning'
    root.append(h('div', { class: `note note-${kind}` }, icon(kind),
      h('p', {}, h('strong', { class: 'note-title' }, sentence.title), ' ', sentence.text), close))
  }
  return { root, warn }
}

export function languageChoice(choose: (tag: string) => void): HTMLElement {
  const select = h('select', { id: 'language', onchange: () => { choose(select.value) } })
  for (const tag of allLanguages())
    select.append(h('option', { value: tag, lang: tag, selected: tag === language() }, nameOfLanguage(tag)))
  return h('div', { class: 'language' }, h('label', { for: 'language' }, icon('language'),
    h('span', { class: 'unseen' }, t('Language'))), select)
}
