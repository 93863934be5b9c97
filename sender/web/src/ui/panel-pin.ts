/** The first step: the PIN. It stands nowhere but in its field, and there no longer than needed. */
import type { View } from '../contract'
import { h, setText, show } from './dom'
import { t } from './i18n'
import { icon } from './icons'
import { nameEditor } from './name'
import type { Context, Panel } from './panel'

export function pinPanel(context: Context): Panel {
  const heading = h('h1', {}, t('Type the PIN'))
  const field = pinField()
  const error = h('p', { class: 'field-error', id: 'pin-error', role: 'alert', hidden: true })
  const button = h('button', { class: 'primary', type: 'submit' }, t('Continue'))
  const letters = lettersButton(field)
  const name = nameEditor(context)
  let said = false

  const complain = (text: string): void => {
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute('aria-describedby', 'pin-error pin-hint')
    show(error, true)
    error.replaceChildren(icon('warning'), text)
    field.focus()
    field.select()
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    const pin = tidyPin(field.value)
    if (field.readOnly) return
    if (pin === '') complain(t('Type the PIN first. The display shows it.'))
    else context.actions.submitPin(pin)
  }
  const form = h('form', { class: 'pin-form', onsubmit: submit, autocomplete: 'off', novalidate: true },
    h('label', { for: 'pin', class: 'field-label' }, t('PIN')), field, error, letters, button)
  const root = h('section', { class: 'panel panel-pin' }, heading,
    h('p', { id: 'pin-hint', class: 'lead' }, t('The display in the room shows it.')), form, name.root)

  const update = (view: View): void => {
    const busy = view.step === 'checking'
    field.readOnly = busy
    button.setAttribute('aria-disabled', String(busy))
    setText(button, busy ? t('Checking…') : t('Continue'))
    if (view.pinWrong && !busy && !said)
      complain(t('That PIN is not right. Look at the display and type it again.'))
    said = view.pinWrong && !busy
    if (busy) show(error, false)
  }
  const remove = (): void => {
    field.value = ''
  }
  return { root, heading, focus: field, update, escape: name.escape, remove }
}

/** Displays group digits by spaces, which do not count; within words they do. As lec_pin_tidy() does. */
export function tidyPin(typed: string): string {
  const pin = typed.trim()
  return /^[\d\s]*$/.test(pin) ? pin.replace(/\s/g, '') : pin
}

/** Kept out of the browser's memory of forms: no name, no autocompletion. */
function pinField(): HTMLInputElement {
  return h('input', {
    'id': 'pin', 'class': 'pin', 'type': 'text', 'inputmode': 'numeric', 'autocomplete': 'off',
    'autocapitalize': 'off', 'autocorrect': 'off', 'spellcheck': 'false', 'enterkeyhint': 'go', 'maxlength': 128,
    'aria-required': 'true', 'aria-describedby': 'pin-hint', 'data-1p-ignore': true,
    'data-lpignore': 'true', 'data-bwignore': true,
  })
}

/** On a touch screen the field brings up digits; some rooms have words. */
function lettersButton(field: HTMLInputElement): HTMLButtonElement {
  const press = (): void => {
    field.inputMode = field.inputMode === 'text' ? 'numeric' : 'text'
    const isText = field.inputMode === 'text'
    setText(button, isText ? t('The PIN has only digits') : t('The PIN has letters'))
    field.focus()
  }
  const button = h('button', { class: 'quiet letters', type: 'button', onclick: press },
    t('The PIN has letters'))
  return button
}
