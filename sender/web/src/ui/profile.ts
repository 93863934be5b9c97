/** What matters most where the network cannot carry everything. */
import type { Profile } from '../contract'
import { h } from './dom'
import { t } from './i18n'

export interface ProfileChoice {
  readonly root: HTMLElement
  select(profile: Profile): void
}

export function profileChoice(choose: (profile: Profile) => void): ProfileChoice {
  const words: readonly (readonly [Profile, string, string])[] = [
    ['auto', t('Automatic'), t('Follows what you show.')],
    ['text', t('Sharp text'), t('For slides, documents and code: letters stay crisp.')],
    ['video', t('Smooth video'), t('For films and animations: movement stays fluent.')],
  ]
  const inputs = new Map<Profile, HTMLInputElement>()
  const mark = (): void => {
    for (const input of inputs.values())
      input.closest('.option')?.classList.toggle('chosen', input.checked)
  }
  const options = words.map(([profile, title, text]) => {
    const input = h('input', { 'type': 'radio', 'name': 'profile', 'value': profile,
      'aria-describedby': `profile-${profile}`, 'onchange': () => {
        mark()
        choose(profile)
      } })
    inputs.set(profile, input)
    return h('div', { class: 'option' },
      h('label', {}, input, h('span', {}, title)),
      h('p', { id: `profile-${profile}` }, text))
  })
  const select = (profile: Profile): void => {
    const input = inputs.get(profile)
    if (!input || input.checked) return
    input.checked = true
    mark()
  }
  const root = h('fieldset', { class: 'profile' }, h('legend', {}, t('What matters most?')),
    h('div', { class: 'options' }, ...options))
  return { root, select }
}
