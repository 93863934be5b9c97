/** The first step: the PIN. It stands nowhere but in its field, and there no longer than needed. */
import type { View } from '../contract'
import { h, setText } from './dom'
import { t } from './i18n'
import { nameEditor } from './name'
import type { Context, Panel } from './panel'
import { secretForm } from './secret-form'

export function pinPanel(context: Context): Panel {
  const heading = h('h1', {}, t('Type the PIN'))
  const empty = t('Type the PIN first. The display shows it.')
  const words = { id: 'pin', label: t('PIN'), mode: 'numeric', empty, more: lettersButton } as const
  const form = secretForm(words, tidyPin, pin => context.actions.submitPin(pin))
  const name = nameEditor(context)
  const root = h('section', { class: 'panel panel-pin' }, heading,
    h('p', { id: 'pin-hint', class: 'lead' }, t('The display in the room shows it.')), form.root, name.root)
  let said = false

  const update = (view: View): void => {
    const busy = view.step === 'checking'
    form.setBusy(busy)
    if (view.pinWrong && !busy && !said)
      form.complain(t('That PIN is not right. Look at the display and type it again.'))
    said = view.pinWrong && !busy
  }
  const remove = (): void => {
    form.field.value = ''
  }
  return { root, heading, focus: form.field, update, escape: name.escape, remove }
}

/** Displays group digits by spaces, which do not count; within words they do. As lec_pin_tidy() does. */
export function tidyPin(typed: string): string {
  const pin = typed.trim()
  return /^[\d\s]*$/.test(pin) ? pin.replace(/\s/g, '') : pin
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
