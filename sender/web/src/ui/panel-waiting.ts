/** Between the steps: the way to the display, and the wait for a person there. */
import type { View } from '../contract'
import { h, setText, show } from './dom'
import { t } from './i18n'
import type { Context, Panel } from './panel'
import { unprovedNote } from './unproved'

export function connectingPanel(): Panel {
  const heading = h('h1', {}, t('Connecting to the display…'))
  const root = h('section', { class: 'panel panel-connecting' }, spinner(), heading)
  return { root, heading, focus: heading, update: () => undefined }
}

export function waitingPanel(context: Context): Panel {
  const heading = h('h1', {}, t('Somebody in the room is being asked'))
  const code = h('p', { class: 'sas' })
  const compare = h('div', { class: 'compare' },
    h('p', {}, t('Whoever is asked sees this number too. If it is another one there, they should say no.')), code)
  const unproved = unprovedNote()
  const press = (): void => { context.actions.stop() }
  const cancel = h('button', { class: 'secondary', type: 'button', onclick: press }, t('Cancel'))
  const root = h('section', { class: 'panel panel-waiting' }, spinner(), heading,
    h('p', { class: 'lead' }, t('You can share as soon as they agree.')), compare, unproved, cancel)
  const update = (view: View): void => {
    show(compare, view.sas !== '')
    setText(code, view.sas.replace(/^(.{3})(.{3})$/, '$1 $2'))
    show(unproved, view.unproved && view.sas === '')
  }
  return { root, heading, focus: heading, update }
}

function spinner(): HTMLElement {
  return h('div', { 'class': 'spinner', 'aria-hidden': 'true' })
}
