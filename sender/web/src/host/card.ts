/** One presenter, and what can be done about it. Kept while it is there, so that the focus stays where it is. */
import { h, setText, show } from '../ui/dom'
import { t } from '../ui/i18n'
import { icon, type IconName } from '../ui/icons'
import type { Hands } from './part'
import type { Layout, Presenter } from './room'
import { wordsAbout, wordsOfSas, wordsOfState } from './words'

export interface CardView {
  readonly presenter: Presenter
  /** Among those who have been let in; -1 before. */
  readonly place: number
  readonly count: number
  readonly layout: Layout
  /** It is the large one. */
  readonly isFocus: boolean
  readonly picture: string | undefined
}

export interface Card {
  readonly root: HTMLLIElement
  readonly heading: HTMLElement
  update(view: CardView): void
}

function labelled(sign: IconName, press: () => void, style = 'secondary'): { root: HTMLButtonElement, say(text: string, more: string): void } {
  const words = h('span', {})
  const root = h('button', { class: style, type: 'button', onclick: press }, icon(sign), words)
  return {
    root,
    say: (text, more) => {
      setText(words, text)
      // What it is about, for who hears it out of its place; it begins with what is seen (WCAG 2.5.3).
      if (root.getAttribute('aria-label') !== more) root.setAttribute('aria-label', more)
    },
  }
}

export function newCard(id: number, hands: Hands): Card {
  let now: CardView | null = null
  let wantsPreview = false
  const lamp = h('span', { 'class': 'lamp', 'aria-hidden': 'true' })
  const heading = h('h3', { tabindex: -1 }, h('bdi', {}))
  const state = h('span', { class: 'card-state' })
  const handle = h('span', { 'class': 'handle', 'aria-hidden': 'true' }, icon('handle'))
  const about = h('p', { class: 'card-about' })
  const image = h('img', {})
  const picture = h('div', { class: 'card-picture', hidden: true }, image)
  const sas = h('p', { class: 'sas' })
  const sasBox = h('div', { hidden: true }, h('p', {}, t('Let it in only if the sender’s screen shows this number:')), sas)

  const act = (what: 'approve' | 'decline' | 'pause' | 'unpause' | 'remove'): (() => void) => () => {
    void hands.act({ do: what, presenter: id })
  }
  const move = async (by: number): Promise<void> => {
    if (!now || now.place + by < 0 || now.place + by >= now.count) return
    const to = now.place + by
    const answer = await hands.act({ do: 'move', presenter: id, to })
    if (answer.ok) hands.announce(t('{name} is now at place {place} of {count}.',
      { name: now.presenter.name, place: to + 1, count: now.count }))
  }
  /** As the display's keys do it: with a layout that has a large one. */
  const makeLarge = async (on: boolean): Promise<void> => {
    const layout = now?.layout
    const answer = await hands.act({ do: 'focus', presenter: on ? id : 0 })
    if (!answer.ok) return
    if (on && (layout === 'automatic' || layout === 'grid')) void hands.act({ do: 'layout', layout: 'focus' })
    else if (!on && layout === 'focus') void hands.act({ do: 'layout', layout: 'automatic' })
  }
  const approve = labelled('check', act('approve'), 'primary')
  const decline = labelled('close', act('decline'))
  const pause = labelled('pause', act('pause'))
  const play = labelled('play', act('unpause'))
  const earlier = labelled('earlier', () => { void move(-1) })
  const later = labelled('later', () => { void move(1) })
  const large = labelled('large', () => { void makeLarge(!now?.isFocus) })
  const look = labelled('eye', () => {
    wantsPreview = !wantsPreview
    if (now) update(now)
    void hands.act({ do: 'preview', presenter: id, on: wantsPreview })
  })
  const remove = labelled('stop', act('remove'), 'danger')
  const buttons = [approve, decline, pause, play, earlier, later, large, look, remove].map(one => one.root)

  const root = h('li', { 'class': 'card', 'data-id': id },
    picture,
    h('div', { class: 'card-head' }, handle, lamp, heading, state),
    h('div', {}, sasBox, about),
    h('div', { class: 'card-buttons' }, ...buttons))

  const nameButtons = (name: string): void => {
    approve.say(t('Let in'), t('Let in: {name}', { name }))
    decline.say(t('Decline'), t('Decline: {name}', { name }))
    pause.say(t('Pause'), t('Pause: {name}', { name }))
    play.say(t('Continue'), t('Continue: {name}', { name }))
    earlier.say(t('Earlier'), t('Earlier: {name}', { name }))
    later.say(t('Later'), t('Later: {name}', { name }))
    large.say(t('Large'), t('Large: {name}', { name }))
    look.say(t('Preview'), t('Preview: {name}', { name }))
    remove.say(t('Remove'), t('Remove: {name}', { name }))
  }

  const showButtons = ({ presenter, place, count }: CardView): void => {
    const isIn = place >= 0
    const isPaused = presenter.state === 'paused'
    const had = root.contains(document.activeElement) ? document.activeElement : null
    for (const one of [approve, decline]) show(one.root, !isIn)
    for (const one of [earlier, later]) show(one.root, isIn && count > 1)
    for (const one of [large, look]) show(one.root, isIn && presenter.state !== 'joined')
    show(remove.root, isIn)
    show(pause.root, isIn && !isPaused)
    show(play.root, isIn && isPaused)
    earlier.root.setAttribute('aria-disabled', String(place === 0))
    later.root.setAttribute('aria-disabled', String(place === count - 1))
    // A button that went takes the focus with it: to the one in its stead, or to the name.
    if (!(had instanceof HTMLElement) || !had.hidden) return
    if (had === pause.root) play.root.focus()
    else if (had === play.root) pause.root.focus()
    else heading.focus()
  }

  const update = (view: CardView): void => {
    now = view
    const { presenter } = view
    const isIn = view.place >= 0
    if (root.dataset.state !== presenter.state) root.dataset.state = lamp.dataset.state = presenter.state
    setText(heading.firstElementChild ?? heading, presenter.name)
    setText(state, wordsOfState(presenter.state))
    setText(about, wordsAbout(presenter))
    setText(sas, wordsOfSas(presenter.sas))
    show(sasBox, presenter.state === 'waiting' && presenter.sas !== '')
    show(handle, isIn && view.count > 1)
    root.draggable = isIn && view.count > 1
    nameButtons(presenter.name)
    showButtons(view)
    large.root.setAttribute('aria-pressed', String(view.isFocus))
    look.root.setAttribute('aria-pressed', String(wantsPreview))
    const wanted = view.picture !== undefined && (!isIn || wantsPreview)
    show(picture, wanted)
    if (wanted && view.picture !== undefined && image.src !== view.picture) image.src = view.picture
    const alt = t('Preview of what {name} shares', { name: presenter.name })
    if (image.alt !== alt) image.alt = alt
  }
  return { root, heading, update }
}
