/** Tokens for encoders and programs: issued for a time, shown once. */
import { h, show } from '../ui/dom'
import { plural, t } from '../ui/i18n'
import { icon } from '../ui/icons'
import { note } from '../ui/note'
import type { Hands, Part } from './part'
import { type Scope, SCOPES, type Token } from './room'
import { wordsOfScope } from './words'

const MINUTES: readonly number[] = [15, 60, 240, 1440]

function wordsOfTime(minutes: number): string {
  return minutes < 60 ? plural('{n} minute', '{n} minutes', minutes)
    : plural('{n} hour', '{n} hours', Math.round(minutes / 60))
}

/** The new token, until it is put away. */
function newToken(announce: (text: string) => void): { root: HTMLElement, tell(token: string): void } {
  const field = h('input', { id: 'new-token', type: 'text', readonly: true, spellcheck: 'false' })
  const clear = (): void => {
    field.value = ''
    show(root, false)
  }
  const copy = async (): Promise<void> => {
    field.select()
    try {
      await navigator.clipboard.writeText(field.value)
      announce(t('Copied.'))
    } catch {
      announce(t('Copy it by hand: it is selected.'))
    }
  }
  const root = h('div', { class: 'note new-token', hidden: true },
    h('label', { for: 'new-token' }, t('The new token. It is shown only now: copy it to where it is needed.')),
    h('div', {}, field,
      h('button', { class: 'secondary', type: 'button', onclick: () => { void copy() } }, t('Copy')),
      h('button', { class: 'secondary', type: 'button', onclick: clear }, t('Put it away'))))
  return {
    root,
    tell: token => {
      field.value = token
      show(root, true)
      field.focus()
      field.select()
    },
  }
}

export function tokens(hands: Hands): Part {
  const label = h('input', { id: 'token-label', type: 'text', maxlength: 32, autocomplete: 'off' })
  const scope = h('select', { id: 'token-scope' },
    ...SCOPES.map(one => h('option', { value: one }, wordsOfScope(one))))
  const off = note('warning', t('Encoders are switched off on this display.'),
    t('Whoever looks after it can switch them on: the setting is “whip”.'))
  const minutes = h('select', { id: 'token-minutes' },
    ...MINUTES.map(one => h('option', { value: one }, wordsOfTime(one))))
  minutes.value = '60'
  const fresh = newToken(text => { hands.announce(text) })
  const issue = async (event: Event): Promise<void> => {
    event.preventDefault()
    const chosen = SCOPES.find((one: Scope) => one === scope.value) ?? 'whip'
    const answer = await hands.act({ do: 'token', scope: chosen, minutes: Number(minutes.value), label: label.value })
    if (answer.ok) fresh.tell(answer.token)
  }
  const form = h('form', { class: 'token-form', onsubmit: event => { void issue(event) } },
    h('div', {}, h('label', { for: 'token-label' }, t('What for')), label),
    h('div', {}, h('label', { for: 'token-scope' }, t('It may')), scope),
    h('div', {}, h('label', { for: 'token-minutes' }, t('For')), minutes),
    h('button', { class: 'secondary', type: 'submit' }, icon('key'), t('Issue a token')))
  const list = h('ul', { 'class': 'tokens', 'aria-label': t('Tokens') })
  const root = h('details', { class: 'host-section' }, h('summary', {}, t('Tokens for encoders and programs')),
    form, off, fresh.root, list)

  let isOff = false
  const warn = (): void => { show(off, isOff && scope.value === 'whip') }
  scope.addEventListener('change', warn)

  let drawn = ''
  return {
    root,
    update: view => {
      isOff = view.room?.whip === false
      warn()
      const now = JSON.stringify(view.room?.tokens ?? [])
      if (now === drawn) return
      drawn = now
      list.replaceChildren(...(view.room?.tokens ?? []).map(one => tokenLine(one, hands)))
      show(list, list.childElementCount > 0)
    },
  }
}

function tokenLine(token: Token, hands: Hands): HTMLLIElement {
  const name = token.label || wordsOfScope(token.scope)
  return h('li', {},
    h('span', {}, h('strong', {}, h('bdi', {}, name)), ` · ${wordsOfScope(token.scope)} · ${wordsOfTime(token.minutes)}`),
    h('button', { 'class': 'quiet', 'type': 'button', 'aria-label': t('Take back: {name}', { name }),
      'onclick': () => { void hands.act({ do: 'revoke-token', token: token.id }) } }, t('Take back')))
}
