/** Where nothing of the page can work, it says why, and what does. */
import type { Trouble } from '../contract'
import { h, setText, show } from './dom'
import { t } from './i18n'
import type { Panel } from './panel'
import { thisPlatform } from './platform'
import { sentenceOfTrouble } from './troubles'

export function hopelessPanel(trouble: Trouble): Panel {
  const heading = h('h1', {})
  const text = h('p', { class: 'lead' })
  const link = h('p', {}, h('a', { class: 'primary', href: secureAddress() }, t('Open the encrypted page')))
  const root = h('section', { class: 'panel panel-hopeless' }, heading, text, link)
  const explain = (now: Trouble): void => {
    const sentence = sentenceOfTrouble(now, thisPlatform())
    setText(heading, sentence.title)
    setText(text, sentence.text)
    show(link, now === 'insecure')
  }
  explain(trouble)
  return { root, heading, focus: heading, update: view => { if (view.trouble) explain(view.trouble) } }
}

function secureAddress(): string {
  return `https://${location.hostname}/`
}
