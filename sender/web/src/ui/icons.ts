/** The page's icons, drawn as lines on a field of 24 by 24. They say nothing to a screen reader: words do. */

const PATHS = {
  screen: 'M3 5h18v11H3zM12 16v4M8 20h8',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 10.5a3 3 0 1 0 0 6a3 3 0 1 0 0-6z',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 8.5h.01',
  pdf: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  pause: 'M8 5v14M16 5v14',
  play: 'M8 5l11 7-11 7z',
  sound: 'M4 9v6h4l5 4V5L8 9zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11',
  silent: 'M4 9v6h4l5 4V5L8 9zM17 9.5l5 5M22 9.5l-5 5',
  swap: 'M4 8h14M14 4l4 4-4 4M20 16H6M10 12l-4 4 4 4',
  stop: 'M6 6h12v12H6z',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  close: 'M6 6l12 12M18 6L6 18',
  warning: 'M12 4l9.5 16h-19zM12 10v4M12 17h.01',
  info: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 11v5M12 8h.01',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  language: 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM3 12h18M12 3c5 5 5 13 0 18c-5-5-5-13 0-18z',
  eye: 'M2.5 12c5-7.5 14-7.5 19 0c-5 7.5-14 7.5-19 0zM12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5z',
  check: 'M4 12.5l5.5 5.5L20 7',
  earlier: 'M12 19V5M6 11l6-6 6 6',
  later: 'M12 5v14M6 13l6 6 6-6',
  large: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  handle: 'M9 6h.01M15 6h.01M9 12h.01M15 12h.01M9 18h.01M15 18h.01',
  key: 'M8 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8zM12 12h9M18 12v3',
} as const

export type IconName = keyof typeof PATHS

const SVG = 'http://www.w3.org/2000/svg'

export function icon(name: IconName): SVGElement {
  const drawing = document.createElementNS(SVG, 'svg')
  drawing.setAttribute('viewBox', '0 0 24 24')
  drawing.setAttribute('class', `icon icon-${name}`)
  drawing.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  drawing.append(path)
  return drawing
}
