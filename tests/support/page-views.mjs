// The views of the page, one for each thing it can have to say, and how a test looks at them in Chromium.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { breaches } from './axe.mjs'
import { servePage } from './page-server.mjs'

const health = {
  latencyMs: 64, rttMs: 3, width: 1920, height: 1080, fps: 30, kbps: 2410, loss: 0.001, codec: 'H.264',
  srtp: 'AEAD_AES_256_GCM', quality: 'good', limit: 'nothing',
}
const camera = { kind: 'camera', label: 'Integrated camera of a device with a long name', hasSound: true, page: 0, pages: 0 }
const pdf = { kind: 'pdf', label: 'report.pdf', hasSound: false, page: 3, pages: 12 }
const sharing = { step: 'sharing', source: camera, sharingSinceMs: 1_800_000_000_000, health }

// What is not named is as it was at the start.
export const BLANK = {
  step: 'connecting', boxName: 'Room 12', pinWrong: false, sas: '', unproved: false, source: null, held: false,
  paused: false, pausedByHost: false, muted: false, profile: 'auto', sharingSinceMs: null, health: null,
  reconnecting: false, unanswered: false, trouble: null, end: null,
}
export const VIEWS = {
  'connecting': { step: 'connecting' },
  'PIN': { step: 'pin' },
  'wrong PIN': { step: 'pin', pinWrong: true },
  'waiting': { step: 'waiting', sas: '482913' },
  'waiting, unproved': { step: 'waiting', unproved: true },
  'choose': { step: 'choose' },
  'choose, unproved, with a trouble': { step: 'choose', unproved: true, trouble: 'denied-by-system' },
  'sharing': sharing,
  'sharing a PDF, poorly': { ...sharing, source: pdf, health: { ...health, quality: 'poor', limit: 'network', latencyMs: 900 } },
  'paused': { ...sharing, paused: true, muted: true },
  'held': { ...sharing, held: true, health: null },
  'paused by the host': { ...sharing, pausedByHost: true, unproved: true },
  'reconnecting': { ...sharing, reconnecting: true },
  'unanswered': { ...sharing, reconnecting: true, unanswered: true },
  'choose, unanswered': { step: 'choose', unanswered: true },
  'stopped': { step: 'ended', end: { reason: 'stopped', retryAfterS: 0 } },
  'locked out': { step: 'ended', end: { reason: 'locked', retryAfterS: 45 } },
  'impostor': { step: 'ended', end: { reason: 'impostor', retryAfterS: 0 } },
  'no codec': { step: 'choose', trouble: 'no-codec' },
}
export const TROUBLES = [
  'insecure', 'no-webrtc', 'no-screen-capture', 'no-camera', 'no-codec', 'denied-by-user', 'denied-by-system', 'source-busy',
  'source-ended', 'new-pin', 'unreadable-file', 'unsupported-file', 'no-sound', 'storage',
]
export const REASONS = [
  'bye', 'denied', 'locked', 'busy', 'revoked', 'declined', 'version', 'protocol', 'timeout', 'impostor', 'media', 'gone',
  'unreachable', 'cloud', 'nobody', 'tries', 'local-network', 'stopped',
]
export const FORMS = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 780, isMobile: true, hasTouch: true } }

// stamp: the file that names the fetched packages. Returns what tests need; end() takes everything down.
export async function openViews(stamp, executablePath) {
  const modules = join(readFileSync(stamp, 'utf8').trim(), 'node_modules')
  const require = createRequire(join(modules, 'index.js'))
  const puppeteer = require('puppeteer-core').default ?? require('puppeteer-core')
  const server = await servePage(modules)
  const browser = await puppeteer.launch({ executablePath, pipe: true, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  const complaints = [] // of the browser: violations of the policy, errors
  const kill = () => browser.process()?.kill('SIGKILL')
  process.on('exit', kill)

  // The page of a cloud asks for a number first: until then no core is there.
  async function open({ form = 'desk', language = 'en', path = '', query = '', viewport = FORMS[form] } = {}) {
    const context = await browser.createBrowserContext()
    const page = await context.newPage()
    page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()) })
    page.on('pageerror', error => complaints.push(String(error)))
    await page.setViewport(viewport)
    await page.evaluateOnNewDocument(tag => {
      if (location.protocol !== 'about:' && localStorage.length === 0) localStorage.setItem('lectern-language', tag)
    }, language)
    await page.goto(`${server.origin}/${path}${query || (form === 'phone' ? '?screen=no' : '')}`)
    await page.waitForFunction(path && !query ? 'document.querySelector("main h1")' : 'window.driven')
    return page
  }
  return {
    origin: server.origin, complaints, open,
    // One that a test has opened.
    close: page => page.browserContext().close(),
    async end() {
      await browser.close()
      server.close()
    },
    axe: (page, options) => breaches(page, modules, options),
  }
}

export async function draw(page, view) {
  await page.evaluate(now => {
    const picture = now.source ? { ...now.source, stream: window.driven.stream ??= window.driven.picture() } : null
    window.driven.draw({ ...now, source: picture })
  }, { ...BLANK, ...view })
}

export async function emulate(page, features) {
  const session = await page.createCDPSession()
  await session.send('Emulation.setEmulatedMedia', {
    features: Object.entries(features).map(([name, value]) => ({ name, value })),
  })
}
