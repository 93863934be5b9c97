/** The last step: why it ended, what to do, and the way back. */
import type { End, View } from '../contract'
import { h, setText, show } from './dom'
import { t } from './i18n'
import type { Context, Panel } from './panel'
import { sentenceOfEnd } from './sentences'

export function endedPanel(context: Context, announce: (text: string) => void, inCloud: boolean): Panel {
  const heading = h('h1', {})
  const text = h('p', { class: 'lead' })
  const wait = h('p', { class: 'countdown', role: 'timer', hidden: true })
  const press = (): void => {
    if (again.getAttribute('aria-disabled') !== 'true') context.actions.again()
  }
  const again = h('button', { class: 'primary', type: 'button', onclick: press })
  const root = h('section', { class: 'panel panel-ended' }, heading, text, wait, again)
  let timer = 0
  let until = 0
  let shown: End | null = null

  const tick = (): void => {
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000))
    show(wait, left > 0)
    setText(wait, t('You can try again in {time}.', { time: formatWait(left) }))
    again.setAttribute('aria-disabled', String(left > 0))
    if (left > 0 || timer === 0) return
    clearInterval(timer)
    timer = 0
    announce(t('You can try again now.'))
  }
  const update = (view: View): void => {
    if (!view.end || view.end === shown) return
    shown = view.end
    const sentence = sentenceOfEnd(view.end, inCloud)
    setText(heading, sentence.title)
    setText(text, sentence.text)
    const isFine = view.end.reason === 'stopped' || view.end.reason === 'bye'
    setText(again, isFine ? t('Start again') : t('Try again'))
    until = performance.now() + view.end.retryAfterS * 1000
    clearInterval(timer)
    timer = 0
    if (view.end.retryAfterS > 0) timer = window.setInterval(tick, 250)
    tick()
  }
  return { root, heading, focus: heading, update, remove: () => { clearInterval(timer) } }
}

/** Minutes and seconds: 0:40, 15:00. */
export function formatWait(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
