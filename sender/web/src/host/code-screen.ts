/** The first step: the host code. */
import { h, setText, show } from '../ui/dom'
import { t } from '../ui/i18n'
import { icon } from '../ui/icons'
import type { Hands, Screen } from './part'
import type { HostView } from './session'
import { wordsOfProblem } from './words'

export function codeScreen(hands: Hands): Screen {
  const heading = h('h1', {}, t('Host this room'))
  const field = h('input', {
    'id': 'code', 'class': 'pin', 'type': 'text', 'inputmode': 'text', 'autocomplete': 'off', 'autocapitalize': 'off',
    'autocorrect': 'off', 'spellcheck': 'false', 'enterkeyhint': 'go', 'maxlength': 128, 'aria-required': 'true',
    'aria-describedby': 'code-hint', 'data-1p-ignore': true, 'data-lpignore': 'true', 'data-bwignore': true,
  })
  const error = h('p', { class: 'field-error', id: 'code-error', role: 'alert', hidden: true })
  const button = h('button', { class: 'primary', type: 'submit' }, t('Continue'))
  let said: HostView['problem'] = null

  const complain = (text: string): void => {
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute('aria-describedby', 'code-error code-hint')
    show(error, true)
    error.replaceChildren(icon('warning'), text)
    field.focus()
    field.select()
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    const code = field.value.replace(/\s+/g, '')
    if (field.readOnly) return
    if (code === '') complain(t('Type the host code first.'))
    else hands.submit(code)
  }
  const form = h('form', { class: 'pin-form', onsubmit: submit, autocomplete: 'off', novalidate: true },
    h('label', { for: 'code', class: 'field-label' }, t('Host code')), field, error, button)
  const root = h('section', { class: 'panel' }, heading,
    h('p', { id: 'code-hint', class: 'lead' },
      t('Whoever looks after the display knows it. It is not the PIN on the display.')), form)

  const update = (view: HostView): void => {
    const busy = view.step === 'connecting'
    field.readOnly = busy
    button.setAttribute('aria-disabled', String(busy))
    setText(button, busy ? t('Checking…') : t('Continue'))
    if (busy) show(error, false)
    else if (view.problem && said === null) complain(wordsOfProblem(view.problem, view.retryAfterS))
    said = busy ? null : view.problem
  }
  return { root, heading, focus: field, update }
}
