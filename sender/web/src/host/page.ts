/** The host's page: shows the code's step or the room, says what happens, and hands on what the host does. */
import { focusOn, h, setText } from '../ui/dom'
import { languageChoice } from '../ui/frame'
import { chooseLanguage, t } from '../ui/i18n'
import { icon } from '../ui/icons'
import { note } from '../ui/note'
import { codeScreen } from './code-screen'
import type { Hands, Screen } from './part'
import type { Answer, Presenter } from './room'
import { roomScreen } from './room-screen'
import { type Action, type HostView, Session } from './session'
import { wordsOfRefusal } from './words'

type Kind = 'code' | 'room'

export class HostPage {
  readonly #session = new Session(view => { this.#render(view) })
  readonly #announcer = h('div', { class: 'unseen', role: 'status' })
  #kind: Kind | null = null
  #screen: Screen | null = null
  #before: HostView | null = null
  #main = h('main', {})
  #name = h('bdi', { class: 'box-name' })
  #trouble = h('div', { class: 'trouble', role: 'alert' })

  begin(): void {
    this.#draw()
  }

  #draw(): void {
    this.#main = h('main', {})
    this.#name = h('bdi', { class: 'box-name' })
    this.#trouble = h('div', { class: 'trouble', role: 'alert' })
    const header = h('header', { class: 'top' }, h('span', { class: 'brand' }, icon('screen'), 'Lectern'), this.#name)
    const footer = h('footer', { class: 'foot' },
      h('p', {}, icon('lock'), h('span', {}, t('Encrypted with the host code, straight to the display.'))),
      languageChoice(tag => { void this.#speak(tag) }))
    document.body.replaceChildren(h('div', { class: 'page' }, header, this.#trouble, this.#main, footer), this.#announcer)
    this.#kind = null
    this.#render(this.#session.view)
  }

  async #speak(tag: string): Promise<void> {
    await chooseLanguage(tag)
    this.#draw()
    document.getElementById('language')?.focus()
  }

  #render(view: HostView): void {
    const kind: Kind = view.step === 'room' ? 'room' : 'code'
    if (kind !== this.#kind) this.#replace(kind)
    this.#screen?.update(view)
    setText(this.#name, view.boxName)
    this.#announce(this.#news(view))
    this.#before = view
  }

  #replace(kind: Kind): void {
    this.#kind = kind
    this.#screen = kind === 'code' ? codeScreen(this.#hands()) : roomScreen(this.#hands())
    this.#main.replaceChildren(this.#screen.root)
    this.#trouble.replaceChildren()
    document.title = `${this.#screen.heading.textContent ?? ''} – Lectern`
    focusOn(this.#screen.focus)
  }

  #hands(): Hands {
    return {
      submit: code => { this.#session.submit(code) },
      leave: () => { this.#session.leave() },
      act: action => this.#act(action),
      announce: text => { this.#announce(text) },
    }
  }

  async #act(action: Action): Promise<Answer> {
    const answer = await this.#session.act(action)
    const why = answer.ok ? '' : wordsOfRefusal(answer.reason, answer.why)
    this.#trouble.replaceChildren(...(why ? [note('warning', t('That did not work.'), why)] : []))
    // What was chosen and refused shows again what holds.
    if (!answer.ok) this.#screen?.update(this.#session.view)
    return answer
  }

  #announce(text: string): void {
    if (text) this.#announcer.textContent = text
  }

  /** Who came and who went, for those who do not see it. */
  #news(view: HostView): string {
    if (view.step !== 'room' || this.#before?.step !== 'room') return ''
    const then = this.#before.room?.presenters ?? []
    const now = view.room?.presenters ?? []
    const known = new Map(then.map(one => [one.id, one]))
    const words = now.map(one => newsOf(known.get(one.id), one))
    const gone = then.filter(one => !now.some(other => other.id === one.id))
    return [...words, ...gone.map(one => t('{name} has gone.', { name: one.name }))].filter(Boolean).join(' ')
  }
}

function newsOf(before: Presenter | undefined, now: Presenter): string {
  if (before?.state === now.state) return ''
  const { name } = now
  switch (now.state) {
    case 'waiting':
    case 'held': return t('{name} waits for your word.', { name })
    case 'shown': return t('{name} is on the display.', { name })
    case 'paused':
    case 'resting': return t('{name} is paused.', { name })
    case 'joined': return ''
  }
}
