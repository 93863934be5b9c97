/** How the display shall call this device, with a field to change it. */
import { h, show } from './dom'
import { t } from './i18n'
import type { Context } from './panel'

export interface NameEditor {
  readonly root: HTMLElement
  readonly escape: () => boolean
}

const MAX_BYTES = 64 // what the display uses of a name; see docs/protocol/call.md

export function nameEditor(context: Context): NameEditor {
  const field = h('input', { id: 'device-name', type: 'text', maxlength: MAX_BYTES, autocomplete: 'off',
    value: context.name })
  const change = h('button', { 'class': 'quiet', 'type': 'button', 'aria-expanded': 'false',
    'onclick': () => { open(true) } }, t('Change the name'))
  const form = h('form', { class: 'name-form', hidden: true, onsubmit: save },
    h('label', { for: 'device-name', class: 'field-label' }, t('Name on the display')), field,
    h('button', { class: 'secondary', type: 'submit' }, t('Save')),
    h('button', { class: 'quiet', type: 'button', onclick: () => { open(false) } }, t('Cancel')))
  const shown = h('strong', {}, h('bdi', {}, context.name))
  const line = h('p', {}, t('You appear on the display as:'), ' ', shown)
  const root = h('div', { class: 'device-name' }, line, change, form)

  function open(on: boolean): void {
    show(form, on)
    show(change, !on)
    change.setAttribute('aria-expanded', String(on))
    if (on) field.select()
    else {
      field.value = context.name
      change.focus()
    }
  }
  function save(event: Event): void {
    event.preventDefault()
    context.actions.rename(fitName(field.value))
  }
  function escape(): boolean {
    const used = !form.hidden
    if (used) open(false)
    return used
  }
  return { root, escape }
}

/** Without white space around it, and cut between characters where it is too long in UTF-8. */
export function fitName(name: string): string {
  let fitted = ''
  let bytes = 0
  for (const character of name.trim().replace(/\s+/g, ' ')) {
    bytes += new TextEncoder().encode(character).length
    if (bytes > MAX_BYTES) break
    fitted += character
  }
  return fitted
}
