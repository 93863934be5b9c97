/** The second step: what to share, and how. */
import type { View } from '../contract'
import { h, show } from './dom'
import { t } from './i18n'
import { remember } from './memory'
import { note } from './note'
import type { Context, Panel } from './panel'
import { thisPlatform } from './platform'
import { profileChoice } from './profile'
import { sourceButtons } from './sources'
import { sentenceOfTrouble } from './troubles'
import { unansweredText } from './unanswered'
import { unprovedNote } from './unproved'

export function choosePanel(context: Context): Panel {
  const heading = h('h1', {}, t('What do you want to share?'))
  const unproved = unprovedNote()
  const away = note('warning', t('The display does not answer'), unansweredText())
  const profile = profileChoice(chosen => {
    remember('profile', chosen)
    context.actions.setProfile(chosen)
  })
  const sound = h('input', { type: 'checkbox', role: 'switch', id: 'with-sound', onchange: () => {
    remember('sound', sound.checked ? 'on' : 'off')
    context.actions.mute(!sound.checked)
  } })
  const soundChoice = h('div', { class: 'sound-choice', hidden: !context.canSound || !context.canScreen },
    h('label', { for: 'with-sound' }, sound, h('span', {}, t('With sound'))),
    h('p', {}, t('Of the tab or of the computer, as far as your browser can.')))
  const root = h('section', { class: 'panel panel-choose' }, heading, away, unproved, noScreenNote(context),
    sourceButtons(context), soundChoice, profile.root)

  const update = (view: View): void => {
    show(away, view.unanswered)
    show(unproved, view.unproved)
    profile.select(view.profile)
    sound.checked = !view.muted
  }
  return { root, heading, focus: heading, update }
}

function noScreenNote(context: Context): HTMLElement | null {
  if (context.canScreen) return null
  const sentence = sentenceOfTrouble('no-screen-capture', thisPlatform())
  return note('info', sentence.title, sentence.text)
}
