/** The third step: sharing. What is shared, how it goes, and everything to do about it. */
import type { Source, View } from '../contract'
import { connection } from './connection'
import { h, setText, show } from './dom'
import { formatClock, t } from './i18n'
import { icon } from './icons'
import type { IconName } from './icons'
import { remember } from './memory'
import type { Context, Panel } from './panel'
import { hasPreview, preview } from './preview'
import { profileChoice } from './profile'
import { sourceButtons } from './sources'
import { unansweredText } from './unanswered'
import { unprovedNote } from './unproved'

interface Button {
  readonly root: HTMLButtonElement
  set(name: IconName, text: string): void
}

function button(kind: string, press: () => void): Button {
  const words = h('span', {})
  const root = h('button', { class: kind, type: 'button', onclick: press })
  let drawn = ''
  const set = (name: IconName, text: string): void => {
    if (drawn !== name) root.replaceChildren(icon(name), words)
    drawn = name
    setText(words, text)
  }
  return { root, set }
}

/** Where the picture is now, in one line. */
function headline(view: View): string {
  if (view.unanswered) return t('The display does not answer')
  if (view.reconnecting) return t('Reconnecting…')
  if (view.held) return t('The host is looking at it first')
  if (view.paused) return t('You have paused')
  if (view.pausedByHost) return t('The host has paused you')
  return t('You are sharing')
}

function explanation(view: View): string {
  if (view.unanswered) return unansweredText()
  if (view.reconnecting)
    return t('The connection is being made again. The display keeps your last picture meanwhile.')
  if (view.held)
    return t('Until then only the host sees it, as a small picture. You can go on meanwhile, or stop.')
  if (view.paused) return t('The display keeps your last picture. Nothing new is sent.')
  if (view.pausedByHost) return t('The display keeps your last picture until the host goes on.')
  if (view.sharingSinceMs === null) return ''
  return t('On the display since {time}', { time: formatClock(view.sharingSinceMs) })
}

function pageButton(sign: IconName, name: string, press: () => void): HTMLButtonElement {
  return h('button', { 'class': 'secondary', 'type': 'button', 'onclick': press, 'title': name,
    'aria-label': name }, icon(sign))
}

function pageTurner(context: Context): { root: HTMLElement, update(source: Source | null): void } {
  const turn = (by: number): void => { context.actions.turnPage(by) }
  const back = pageButton('back', t('Previous page'), () => { turn(-1) })
  const next = pageButton('next', t('Next page'), () => { turn(1) })
  const where = h('p', { role: 'status' })
  const root = h('div', { 'class': 'pages', 'role': 'group', 'aria-label': t('Pages') },
    back, where, next)
  const update = (source: Source | null): void => {
    show(root, source?.kind === 'pdf' && source.pages > 1)
    if (source?.kind !== 'pdf') return
    back.setAttribute('aria-disabled', String(source.page <= 1))
    next.setAttribute('aria-disabled', String(source.page >= source.pages))
    setText(where, t('Page {page} of {pages}', { page: source.page, pages: source.pages }))
  }
  return { root, update }
}

/** The buttons of the first step again, behind a button. */
function switcher(context: Context): { root: HTMLElement, toggle: HTMLElement, close(): boolean } {
  const root = h('section', { 'class': 'switcher', 'hidden': true, 'id': 'switcher',
    'aria-label': t('Share something else') }, h('p', {},
    t('The display goes on showing the old one until you have chosen.')), sourceButtons(context))
  const open = (on: boolean): void => {
    show(root, on)
    toggle.root.setAttribute('aria-expanded', String(on))
  }
  const toggle = button('secondary', () => {
    open(root.hidden === true)
    if (root.hidden !== true) root.querySelector('button')?.focus()
  })
  toggle.root.setAttribute('aria-controls', 'switcher')
  toggle.set('swap', t('Share something else'))
  open(false)
  const close = (): boolean => {
    const used = !root.hidden
    const within = root.contains(document.activeElement)
    open(false)
    if (used && within) toggle.root.focus()
    return used
  }
  return { root, toggle: toggle.root, close }
}

export function sharingPanel(context: Context): Panel {
  const { actions } = context
  let view: View | null = null
  const heading = h('h1', {})
  const lamp = h('span', { 'class': 'lamp', 'aria-hidden': 'true' })
  const lead = h('p', { class: 'lead' })
  const unproved = unprovedNote()
  const picture = preview()
  const pages = pageTurner(context)
  const link = connection()
  const pause = button('secondary', () => { actions.pause(!view?.paused) })
  const mute = button('secondary', () => { actions.mute(!view?.muted) })
  const swap = switcher(context)
  const stop = button('danger', () => { actions.stop() })
  stop.set('stop', t('Stop sharing'))
  const profile = profileChoice(chosen => {
    remember('profile', chosen)
    actions.setProfile(chosen)
  })
  const controls = h('div', { class: 'controls' }, pause.root, mute.root, swap.toggle, stop.root)
  const left = h('div', { class: 'column-picture' }, picture.root, pages.root)
  const root = h('section', { class: 'panel panel-sharing' },
    h('div', { class: 'headline' }, lamp, heading), lead, unproved,
    h('div', { class: 'columns' },
      left,
      h('div', { class: 'column-controls' }, controls, swap.root, link.root)),
    profile.root)

  const update = (now: View): void => {
    if (view && view.source !== now.source && view.source?.stream !== now.source?.stream) swap.close()
    view = now
    root.dataset['state'] = stateOf(now)
    setText(heading, headline(now))
    setText(lead, explanation(now))
    show(unproved, now.unproved)
    picture.update(now)
    show(left, hasPreview(now.source))
    pages.update(now.source)
    link.update(now.health)
    pause.set(now.paused ? 'play' : 'pause', now.paused ? t('Go on') : t('Pause'))
    show(mute.root, now.source?.hasSound === true)
    mute.set(now.muted ? 'sound' : 'silent', now.muted ? t('Unmute') : t('Mute'))
    profile.select(now.profile)
  }
  return { root, heading, focus: heading, update, escape: swap.close, remove: picture.remove }
}

function stateOf(view: View): string {
  if (view.unanswered || view.reconnecting) return 'reconnecting'
  if (view.held) return 'held'
  return view.paused || view.pausedByHost ? 'paused' : 'live'
}
