/** The four layouts, each with a little picture. */
import { h } from '../ui/dom'
import { t } from '../ui/i18n'
import type { Hands, Part } from './part'
import { type Layout, LAYOUTS } from './room'
import { wordsOfLayout } from './words'

type Box = readonly [x: number, y: number, width: number, height: number]

const PICTURES: Readonly<Record<Layout, readonly Box[]>> = {
  'automatic': [[2, 2, 28, 18], [33, 2, 13, 18], [2, 22, 44, 8]],
  'grid': [[2, 2, 21, 13], [25, 2, 21, 13], [2, 17, 21, 13], [25, 17, 21, 13]],
  'focus': [[2, 2, 44, 19], [2, 23, 13, 7], [17, 23, 13, 7], [32, 23, 14, 7]],
  'side-by-side': [[2, 2, 21, 19], [25, 2, 21, 19], [2, 23, 13, 7], [17, 23, 13, 7]],
}

const SVG = 'http://www.w3.org/2000/svg'

function picture(layout: Layout): SVGElement {
  const drawing = document.createElementNS(SVG, 'svg')
  drawing.setAttribute('viewBox', '0 0 48 32')
  drawing.setAttribute('class', 'layout-picture')
  drawing.setAttribute('aria-hidden', 'true')
  for (const [x, y, width, height] of PICTURES[layout]) {
    const box = document.createElementNS(SVG, 'rect')
    for (const [name, value] of Object.entries({ x, y, width, height, rx: 1.5 })) box.setAttribute(name, String(value))
    drawing.append(box)
  }
  return drawing
}

export function layoutChoice(hands: Hands): Part {
  const inputs = new Map<Layout, HTMLInputElement>()
  const options = LAYOUTS.map(layout => {
    const input = h('input', { type: 'radio', name: 'layout', value: layout,
      onchange: () => { void hands.act({ do: 'layout', layout }) } })
    inputs.set(layout, input)
    return h('div', { class: 'option' }, h('label', {}, picture(layout), input, h('span', {}, wordsOfLayout(layout))))
  })
  const root = h('fieldset', { class: 'profile' }, h('legend', {}, t('Layout')), h('div', { class: 'layouts' }, ...options))
  return {
    root,
    update: view => {
      const input = view.room && inputs.get(view.room.layout)
      if (input && !input.checked) input.checked = true
    },
  }
}
