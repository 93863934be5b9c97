/** What the window's title says of each state: people look for the tab that shares. */
import type { View } from '../contract'
import { t } from './i18n'
import { unansweredText } from './unanswered'

export function documentTitle(view: View | null, heading: string): string {
  const state = view?.step === 'sharing' ? sharingTitle(view) : heading
  return [state, view?.boxName, 'Lectern'].filter(part => part).join(' – ')
}

function sharingTitle(view: View): string {
  if (view.unanswered) return t('The display does not answer')
  if (view.reconnecting) return t('Reconnecting…')
  if (view.paused || view.pausedByHost) return t('Paused')
  return view.held ? t('Waiting for the host') : t('Sharing')
}

/** What is said aloud when the state changes within sharing; null: nothing. */
export function announcement(before: View | null, now: View): string | null {
  if (before?.step !== 'sharing' || now.step !== 'sharing') return null
  if (!before.unanswered && now.unanswered) return `${t('The display does not answer')}. ${unansweredText()}`
  if (before.reconnecting !== now.reconnecting)
    return now.reconnecting
      ? t('The connection was lost. It is being made again.') : t('The connection is back.')
  if (before.held && !now.held) return t('The host has let it through. The display shows it now.')
  if (!before.held && now.held) return t('The host is looking at it first')
  if (before.pausedByHost !== now.pausedByHost)
    return now.pausedByHost ? t('The host has paused you') : t('The host has let you go on.')
  if (before.paused !== now.paused) return now.paused ? t('Paused') : t('Sharing')
  if (before.muted !== now.muted) return now.muted ? t('Sound is off.') : t('Sound is on.')
  return null
}
