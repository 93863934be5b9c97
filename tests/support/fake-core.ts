/** A core that does nothing but keep what the interface asks of it: for views that no real room shows on demand. */
import type { Ability, NewShare, Share, View } from '../../sender/web/src/contract'
import { start } from '../../sender/web/src/ui/app'

export interface Driven {
  /** Draws the view that the page has, with these parts changed. */
  draw(change: Partial<View>): void
  /** A picture to show as what is shared. */
  picture(): MediaStream
  readonly calls: string[]
  name: string
}

declare global {
  interface Window { driven: Driven }
}

const nothing: View = {
  step: 'connecting', boxName: 'Room 12', pinWrong: false, sas: '', unproved: false, source: null, held: false,
  paused: false, pausedByHost: false, muted: false, profile: 'auto', sharingSinceMs: null, health: null,
  reconnecting: false, unanswered: false, trouble: null, end: null,
}

/** ?screen=no is a phone. */
const ability: Ability = {
  screen: !location.search.includes('screen=no'), camera: true, sound: !location.search.includes('screen=no'),
}

function picture(): MediaStream {
  const canvas = document.createElement('canvas')
  canvas.width = 1280
  canvas.height = 720
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no canvas')
  const draw = (): void => {
    pen.fillStyle = '#f5f7fa'
    pen.fillRect(0, 0, 1280, 720)
    pen.fillStyle = '#144a9c'
    pen.font = 'bold 88px sans-serif'
    pen.fillText('Results of the year', 90, 170)
    for (let n = 0; n < 5; n++) pen.fillRect(110 + 220 * n, 620 - 70 * (n + 1), 140, 70 * (n + 1))
  }
  draw()
  setInterval(draw, 200)
  return canvas.captureStream(5)
}

const fakeShare: NewShare = (name, render, number) => {
  const calls: string[] = []
  let view = nothing
  const note = (call: string) => (...values: unknown[]): void => {
    const given = values.filter(value => value !== undefined)
    calls.push([call, ...given.map(value => value instanceof File ? value.name : String(value))].join(' '))
  }
  const draw = (change: Partial<View>): void => {
    view = { ...view, ...change }
    render(view)
  }
  window.driven = { draw, picture, calls, name }
  const share: Share = {
    ability,
    get view() { return view },
    connect: () => { note('connect')(number ?? undefined) }, submitPin: note('submitPin'), pause: note('pause'), mute: note('mute'),
    share: async (...values) => { note('share')(...values) },
    setProfile: note('setProfile'), turnPage: note('turnPage'), dismissTrouble: () => { draw({ trouble: null }) },
    stop: note('stop'), again: note('again'),
  }
  return share
}

void start(fakeShare)
