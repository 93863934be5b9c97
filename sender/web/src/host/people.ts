/** Those who wait for the host's word, and those on the display in their order. */
import { h, setText, show } from '../ui/dom'
import { t } from '../ui/i18n'
import { type Card, newCard } from './card'
import { makeSortable } from './drag'
import type { Hands, Part } from './part'
import type { Presenter } from './room'
import type { HostView } from './session'

interface Section {
  readonly root: HTMLElement
  readonly list: HTMLElement
  readonly heading: HTMLElement
  readonly empty: HTMLElement
}

function section(id: string, title: string, empty: string, list: HTMLElement): Section {
  const heading = h('h2', { id, tabindex: -1 }, title)
  const nothing = h('p', { class: 'empty' }, empty)
  list.setAttribute('aria-labelledby', id)
  return { root: h('section', { 'class': 'host-section', 'aria-labelledby': id }, heading, nothing, list), list, heading,
    empty: nothing }
}

const isUndecided = (one: Presenter): boolean => one.state === 'waiting' || one.state === 'held'

/** Puts the cards in this order, and touches only those that are out of it: what is moved loses the focus. */
function arrange(list: HTMLElement, cards: readonly Card[]): void {
  const focused = document.activeElement
  cards.forEach((card, place) => {
    if (list.children[place] !== card.root) list.insertBefore(card.root, list.children[place] ?? null)
  })
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) focused.focus()
}

export function people(hands: Hands): Part {
  const cards = new Map<number, Card>()
  const waiting = section('waiting', t('Waiting for you'), '', h('ul', { class: 'cards' }))
  const shown = section('shown', t('On the display'), t('Nobody shares.'), h('ol', { class: 'cards' }))
  const root = h('div', { class: 'host-section people' }, waiting.root, shown.root)
  makeSortable(shown.list, (id, place) => { void hands.act({ do: 'move', presenter: id, to: placeInRoom(place) }) })
  let presenters: readonly Presenter[] = []

  /** The box counts all, those who wait included. */
  const placeInRoom = (place: number): number => {
    const there = presenters.filter(one => !isUndecided(one))[place]
    return there ? presenters.indexOf(there) : presenters.length
  }

  const removeGone = (): void => {
    for (const [id, card] of cards) {
      if (presenters.some(one => one.id === id)) continue
      const list = card.root.parentElement === waiting.list ? waiting : shown
      const had = card.root.contains(document.activeElement)
      card.root.remove()
      cards.delete(id)
      if (had) (list.root.hidden ? shown : list).heading.focus()
    }
  }

  const cardOf = (id: number): Card => {
    const card = cards.get(id) ?? newCard(id, { ...hands, act: action =>
      hands.act(action.do === 'move' ? { ...action, to: placeInRoom(action.to) } : action) })
    cards.set(id, card)
    return card
  }

  const fill = (into: Section, members: readonly Presenter[], view: HostView): void => {
    const isIn = into === shown
    const layout = view.room?.layout ?? 'automatic'
    const hasLarge = layout === 'focus' || layout === 'side-by-side'
    arrange(into.list, members.map(one => cardOf(one.id)))
    members.forEach((presenter, place) => {
      cardOf(presenter.id).update({
        presenter, place: isIn ? place : -1, count: members.length, layout, picture: view.previews.get(presenter.id),
        isFocus: hasLarge && view.room?.focus === presenter.id,
      })
    })
    show(into.empty, members.length === 0)
  }

  return {
    root,
    update: view => {
      presenters = view.room?.presenters ?? []
      const undecided = presenters.filter(isUndecided)
      show(waiting.root, undecided.length > 0)
      fill(waiting, undecided, view)
      fill(shown, presenters.filter(one => !isUndecided(one)), view)
      removeGone()
      setText(shown.heading, t('On the display'))
    },
  }
}
