/** In the cloud, before all else: which display. */
import { h } from './dom'
import { t } from './i18n'
import { readNumber } from './mode'
import type { Panel } from './panel'
import { secretForm } from './secret-form'

/** before: what was asked for last. */
export function numberPanel(before: string | null, join: (number: string) => void): Panel {
  const heading = h('h1', {}, t('Which display?'))
  const empty = t('Type the meeting ID first. The display shows it.')
  const words = { id: 'number', label: t('Meeting ID'), mode: 'numeric', empty } as const
  const form = secretForm(words, typed => typed.trim(), typed => {
    const number = readNumber(typed)
    if (number) join(number)
    else form.complain(t('That is no meeting ID of six digits. '
      + 'Ten digits belong to a display nearby: open the address that it shows.'))
  })
  form.field.value = before?.replace(/^(...)/, '$1 ') ?? ''
  const root = h('section', { class: 'panel panel-pin' }, heading,
    h('p', { id: 'number-hint', class: 'lead' }, t('Type the six digits that it shows.')), form.root)
  return { root, heading, focus: form.field, update: () => undefined }
}
