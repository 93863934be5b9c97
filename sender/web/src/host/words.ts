/** The host page's words for states, ends and layouts. */
import { codecName } from '../ui/health'
import { plural, t } from '../ui/i18n'
import type { Approval, Layout, Presenter, PresenterState, Refusal, Scope } from './room'
import type { Problem } from './session'

const STATES: Readonly<Record<PresenterState, () => string>> = {
  waiting: () => t('Waits to be let in'),
  held: () => t('Only you can see it'),
  joined: () => t('Shows nothing yet'),
  shown: () => t('On the display'),
  paused: () => t('Paused by a host'),
  resting: () => t('Paused by the presenter'),
}

export function wordsOfState(state: PresenterState): string {
  return STATES[state]()
}

const PROBLEMS: Readonly<Record<Problem, () => string>> = {
  bye: () => t('Hosting was ended.'),
  denied: () => t('That host code is not right. Type it again.'),
  locked: () => t('There were too many wrong codes or PINs. Wait a while, then try again.'),
  busy: () => t('There are four hosts already. Ask one of them to leave.'),
  off: () => t('This display has no host code. Whoever looks after it can set one.'),
  version: () => t('The display was updated while this page was open. Load the page again.'),
  protocol: () => t('The display and this page misunderstood each other. Load the page again.'),
  timeout: () => t('The display did not answer in time. Check the network, then try again.'),
  impostor: () => t('What answered could not prove that it is the display. Tell whoever looks after the network.'),
  gone: () => t('The connection to the display was lost. Try again.'),
  unreachable: () => t('The display cannot be reached. Check the network, then try again.'),
}

export function wordsOfProblem(problem: Problem, retryAfterS: number): string {
  if (problem !== 'locked' || retryAfterS === 0) return PROBLEMS[problem]()
  return plural('There were too many wrong codes or PINs. Try again in {n} second.',
    'There were too many wrong codes or PINs. Try again in {n} seconds.', retryAfterS)
}

const REFUSALS: Readonly<Record<Exclude<Refusal, 'other'>, () => string>> = {
  'no-presenter': () => t('That presenter is not here any more.'),
  'no-token': () => t('That token does not hold any more.'),
  'let-in': () => t('That presenter has been let in already.'),
  'not-let-in': () => t('That presenter has not been let in yet.'),
  'no-picture': () => t('That presenter shows nothing now.'),
  'many-tokens': () => t('There are too many tokens. Take one back first.'),
  'many-previews': () => t('There are too many previews. Close one first.'),
  'too-fast': () => t('That was too much at once. Try again.'),
}

/** sentence: the display's own, "" where it did not answer. */
export function wordsOfRefusal(reason: Refusal, sentence: string): string {
  return reason === 'other' ? sentence || t('The display did not answer. Try again.') : REFUSALS[reason]()
}

const LAYOUTS: Readonly<Record<Layout, () => string>> = {
  'automatic': () => t('Automatic'),
  'grid': () => t('Grid'),
  'focus': () => t('One large'),
  'side-by-side': () => t('Side by side'),
}

export function wordsOfLayout(layout: Layout): string {
  return LAYOUTS[layout]()
}

const APPROVALS: Readonly<Record<Approval, () => { readonly title: string, readonly text: string }>> = {
  never: () => ({ title: t('The PIN is enough'), text: t('Whoever knows the PIN is shown at once.') }),
  host: () => ({
    title: t('Hosts decide'),
    text: t('While a host is here, nobody is shown before a host has seen the picture and said yes.'),
  }),
  always: () => ({
    title: t('Somebody always decides'),
    text: t('Without a host, the display asks, and its keyboard answers.'),
  }),
}

export function wordsOfApproval(approval: Approval): { readonly title: string, readonly text: string } {
  return APPROVALS[approval]()
}

export function wordsOfScope(scope: Scope): string {
  return scope === 'whip' ? t('Present by WHIP (OBS and other encoders)') : t('Steer the room by program (API)')
}

/** "1920 × 1080 · H.264 · 192.0.2.7" */
export function wordsAbout(presenter: Presenter): string {
  const size = presenter.width > 0 ? `${presenter.width} × ${presenter.height}` : ''
  const way = presenter.door === 'whip' ? 'WHIP' : ''
  return [size, codecName(presenter.codec), way, presenter.address].filter(Boolean).join(' · ')
}

/** In two groups, as the display in the room writes it. */
export function wordsOfSas(sas: string): string {
  return `${sas.slice(0, 3)} ${sas.slice(3)}`
}
