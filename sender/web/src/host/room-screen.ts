/** The room: who is there and what may be done. */
import { h, setText, show } from '../ui/dom'
import { plural, t } from '../ui/i18n'
import { note } from '../ui/note'
import { approvalChoice } from './approval-choice'
import { layoutChoice } from './layout-choice'
import type { Hands, Screen } from './part'
import { people } from './people'
import type { HostView } from './session'
import { tokens } from './tokens'

export function roomScreen(hands: Hands): Screen {
  const heading = h('h1', {}, t('The room'))
  const hosts = h('p', { class: 'card-about' })
  const leave = h('button', { class: 'secondary', type: 'button', onclick: () => { hands.leave() } }, t('Leave'))
  const cutOff = h('div', { class: 'cut-off', role: 'status' })
  const locked = h('div', { hidden: true }, note('warning', t('Joining is locked.'),
    t('There were too many wrong PINs. Whoever comes now needs your word.')))
  const parts = [people(hands), layoutChoice(hands), approvalChoice(hands), tokens(hands)]
  const root = h('section', { class: 'panel' }, h('div', { class: 'host-bar' }, h('div', {}, heading, hosts), leave),
    cutOff, locked, ...parts.map(part => part.root))

  const update = (view: HostView): void => {
    const count = view.room?.hosts ?? 1
    setText(hosts, count > 1 ? plural('{n} host is here.', '{n} hosts are here.', count) : t('You are the host.'))
    show(locked, view.room?.locked ?? false)
    if (view.reconnecting !== cutOff.childElementCount > 0)
      cutOff.replaceChildren(...(view.reconnecting
        ? [note('warning', t('The connection to the display was lost.'), t('It is being made again.'))] : []))
    for (const part of parts) part.update(view)
  }
  return { root, heading, focus: heading, update }
}
