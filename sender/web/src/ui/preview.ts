/** What is being shared, as it leaves. */
import type { Source, View } from '../contract'
import { h, setText, show } from './dom'
import { t } from './i18n'
import { icon } from './icons'

export interface Preview {
  readonly root: HTMLElement
  update(view: View): void
  remove(): void
}

/**
 * A live picture of the screen that this page itself is on would show itself in itself and never stand still:
 * it would be sent over and over. So a whole screen starts without one.
 */
function showsItself(source: Source): boolean {
  return source.kind === 'screen' && ['monitor', ''].includes(surfaceOf(source))
}

/** What was chosen in the browser's question; '' where the browser does not say. */
function surfaceOf(source: Source): string {
  return source.stream?.getVideoTracks()[0]?.getSettings().displaySurface ?? ''
}

function labelOf(source: Source): string {
  if (source.kind !== 'screen') return source.label
  switch (surfaceOf(source)) {
    case 'monitor': return source.label || t('Your whole screen')
    case 'window': return source.label || t('A window')
    case 'browser': return source.label || t('A tab')
    default: return source.label || t('Your screen, window or tab')
  }
}

export function hasPreview(source: Source | null): boolean {
  return source !== null && source.stream !== null
}

export function preview(): Preview {
  const video = h('video', { 'playsinline': true, 'autoplay': true, 'disablepictureinpicture': true,
    'aria-label': t('Preview of what you share') })
  video.muted = true // the attribute alone counts only for elements made by a parser
  const mark = h('p', { 'class': 'preview-mark', 'aria-hidden': 'true' }, icon('pause'))
  const stand = h('p', { 'class': 'preview-stand', 'aria-hidden': 'true' }, icon('screen'))
  const frame = h('div', { class: 'preview-frame' }, video, stand, mark)
  const label = h('bdi', {})
  const press = (): void => { open(video.hidden === true) }
  const toggle = h('button', { class: 'quiet', type: 'button', onclick: press })
  const root = h('figure', { class: 'preview' }, frame, h('figcaption', {}, label, toggle))
  let shown: MediaStream | null = null

  function open(on: boolean): void {
    show(video, on)
    show(stand, !on)
    toggle.setAttribute('aria-expanded', String(on))
    setText(toggle, on ? t('Hide the preview') : t('Show the preview'))
    video.srcObject = on ? shown : null // it takes pictures as long as it has a source, paused or not
    if (on) void video.play().catch(() => undefined) // interrupted by the next one
  }
  function update(view: View): void {
    const source = view.source
    show(root, hasPreview(source))
    show(mark, view.paused)
    if (!source) return
    setText(label, labelOf(source))
    if (source.stream === shown) return
    shown = source.stream
    open(!showsItself(source))
  }
  function remove(): void {
    video.srcObject = null
  }
  return { root, update, remove }
}
