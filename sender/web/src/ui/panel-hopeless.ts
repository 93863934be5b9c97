/** Where nothing of the page can work, it says why, and what does. */
import type { Trouble } from '../contract'
import { h } from './dom'
import { t } from './i18n'
import type { Panel } from './panel'
import { thisPlatform } from './platform'
import { sentenceOfTrouble } from './troubles'

export function hopelessPanel(trouble: Trouble): Panel {
  const sentence = sentenceOfTrouble(trouble, thisPlatform())
  const heading = h('h1', {}, sentence.title)
  const link = trouble === 'insecure'
    ? h('p', {}, h('a', { class: 'primary', href: secureAddress() }, t('Open the encrypted page'))) : null
  const root = h('section', { class: 'panel panel-hopeless' }, heading,
    h('p', { class: 'lead' }, sentence.text), link)
  return { root, heading, focus: heading, update: () => undefined }
}

function secureAddress(): string {
  return `https://${location.hostname}/`
}
