/** The first step: the host code. */
import { h } from '../ui/dom'
import { t } from '../ui/i18n'
import { secretForm } from '../ui/secret-form'
import type { Hands, Screen } from './part'
import type { HostView } from './session'
import { wordsOfProblem } from './words'

export function codeScreen(hands: Hands): Screen {
  const heading = h('h1', {}, t('Host this room'))
  const words = { id: 'code', label: t('Host code'), mode: 'text', empty: t('Type the host code first.') } as const
  const form = secretForm(words, typed => typed.replace(/\s+/g, ''), code => hands.submit(code))
  const root = h('section', { class: 'panel' }, heading,
    h('p', { id: 'code-hint', class: 'lead' },
      t('Whoever looks after the display knows it. It is not the PIN on the display.')), form.root)
  let said: HostView['problem'] = null

  const update = (view: HostView): void => {
    const busy = view.step === 'connecting'
    form.setBusy(busy)
    if (!busy && view.problem && said === null) form.complain(wordsOfProblem(view.problem, view.retryAfterS))
    said = busy ? null : view.problem
  }
  return { root, heading, focus: form.field, update }
}
