/** The form of the first step: a field for what the room's people know, what is wrong with it, and a button. */
import { h, setText, show } from './dom'
import { t } from './i18n'
import { icon } from './icons'

export interface SecretForm {
  root: HTMLFormElement
  field: HTMLInputElement
  complain(text: string): void
  /** While it is looked at, nothing can be changed and nothing is wrong. */
  setBusy(busy: boolean): void
}

export interface SecretWords {
  /** Of the field; whoever uses the form describes it in an element with the id `${id}-hint`. */
  id: string
  label: string
  mode: 'numeric' | 'text'
  empty: string
  /** Between the field and the button. */
  more?: (field: HTMLInputElement) => HTMLElement
}

/** submit: what was typed, tidied by tidy; never empty. */
export function secretForm(words: SecretWords, tidy: (typed: string) => string, submit: (secret: string) => void): SecretForm {
  const { id } = words
  const field = secretField(id, words.mode)
  const error = h('p', { class: 'field-error', id: `${id}-error`, role: 'alert', hidden: true })
  const button = h('button', { class: 'primary', type: 'submit' }, t('Continue'))

  const complain = (text: string): void => {
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute('aria-describedby', `${id}-error ${id}-hint`)
    show(error, true)
    error.replaceChildren(icon('warning'), text)
    field.focus()
    field.select()
  }
  const onSubmit = (event: Event): void => {
    event.preventDefault()
    if (field.readOnly) return
    const secret = tidy(field.value)
    if (secret === '') complain(words.empty)
    else submit(secret)
  }
  const setBusy = (busy: boolean): void => {
    field.readOnly = busy
    button.setAttribute('aria-disabled', String(busy))
    setText(button, busy ? t('Checking…') : t('Continue'))
    if (busy) show(error, false)
  }
  const root = h('form', { class: 'pin-form', onsubmit: onSubmit, autocomplete: 'off', novalidate: true },
    h('label', { for: id, class: 'field-label' }, words.label), field, error, words.more?.(field) ?? null, button)
  return { root, field, complain, setBusy }
}

/** Kept out of the browser's memory of forms: no name, no autocompletion. */
function secretField(id: string, mode: string): HTMLInputElement {
  return h('input', {
    id, 'class': 'pin', 'type': 'text', 'inputmode': mode, 'autocomplete': 'off', 'autocapitalize': 'off',
    'autocorrect': 'off', 'spellcheck': 'false', 'enterkeyhint': 'go', 'maxlength': 128, 'aria-required': 'true',
    'aria-describedby': `${id}-hint`, 'data-1p-ignore': true, 'data-lpignore': 'true', 'data-bwignore': true,
  })
}
