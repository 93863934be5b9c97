/** Who decides about those who come. */
import { h } from '../ui/dom'
import { t } from '../ui/i18n'
import type { Hands, Part } from './part'
import { type Approval, APPROVALS } from './room'
import { wordsOfApproval } from './words'

export function approvalChoice(hands: Hands): Part {
  const inputs = new Map<Approval, HTMLInputElement>()
  const options = APPROVALS.map(approval => {
    const { title, text } = wordsOfApproval(approval)
    const input = h('input', { 'type': 'radio', 'name': 'approval', 'value': approval,
      'aria-describedby': `approval-${approval}`, 'onchange': () => { void hands.act({ do: 'approval', approval }) } })
    inputs.set(approval, input)
    return h('div', { class: 'option' }, h('label', {}, input, h('span', {}, title)),
      h('p', { id: `approval-${approval}` }, text))
  })
  const root = h('fieldset', { class: 'profile' }, h('legend', {}, t('Who may share?')),
    h('div', { class: 'options' }, ...options))
  return {
    root,
    update: view => {
      const input = view.room && inputs.get(view.room.approval)
      if (input && !input.checked) input.checked = true
    },
  }
}
