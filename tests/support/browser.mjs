// Drives one real browser for browser.py: requests on standard input, answers on standard output, a JSON object a line.
// node browser.mjs MODULES-STAMP chromium|firefox FOLDER [NAME=VALUE…]   (names: see OPTIONS)
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { breaches } from './axe.mjs'

const [stamp, kind, folder, ...rest] = process.argv.slice(2)
const modules = join(readFileSync(stamp, 'utf8').trim(), 'node_modules')
const require = createRequire(join(modules, 'index.js'))
const puppeteer = require('puppeteer-core').default ?? require('puppeteer-core')

/** What a test may choose. */
const OPTIONS = {
  program: '', // the browser's executable
  capture: 'screen', // what the browser's own question is answered with: screen, this-tab, deny, or a tab's title
  size: '900,700',
  addresses: 'names', // real: Chromium's candidates tell its addresses instead of names of one connection
}
const options = { ...OPTIONS }
for (const one of rest) {
  const [name, value] = [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]
  if (!(name in OPTIONS)) throw new Error(`there is no option ${name}`)
  options[name] = value
}

const CHROMIUM = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding', '--disable-background-timer-throttling', '--disable-dev-shm-usage',
  '--autoplay-policy=no-user-gesture-required', '--ozone-platform=x11', `--window-size=${options.size}`,
  '--window-position=0,0',
  ...(options.addresses === 'real' ? ['--disable-features=WebRtcHideLocalIpsWithMdns'] : []),
]

function chromiumCapture() {
  switch (options.capture) {
    case 'screen': return ['--auto-select-desktop-capture-source=Entire screen']
    case 'this-tab': return ['--auto-accept-this-tab-capture']
    case 'deny': return ['--use-fake-ui-for-media-stream=deny']
    default: return [`--auto-select-tab-capture-source-by-title=${options.capture}`]
  }
}

const FIREFOX = {
  'media.navigator.permission.disabled': options.capture !== 'deny', // getDisplayMedia takes the first screen, unasked
  'media.autoplay.default': 0,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'media.gmp-manager.url': 'data:text/plain,', // no plug-in is downloaded in the middle of a test
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // 2: deny, without a question
  ...(options.capture === 'deny' ? { 'permissions.default.screen': 2, 'permissions.default.camera': 2 } : {}),
}

// Whatever happens to this program, the browser does not outlive it.
function mortal(program) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'start')
  writeFileSync(path, `#!/bin/sh\nexec setpriv --pdeathsig KILL -- '${program}' "$@"\n`)
  chmodSync(path, 0o700)
  return path
}

function launch() {
  const common = {
    headless: false, acceptInsecureCerts: true, userDataDir: join(folder, 'profile'), executablePath: mortal(options.program),
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false, defaultViewport: null, protocolTimeout: 60000,
    env: { ...process.env, HOME: folder, MOZ_CRASHREPORTER_DISABLE: '1' },
  }
  return kind === 'firefox'
    ? puppeteer.launch({ ...common, browser: 'firefox', extraPrefsFirefox: FIREFOX, timeout: 60000 })
    : puppeteer.launch({ ...common, pipe: true, args: [...CHROMIUM, ...chromiumCapture()], timeout: 60000 })
}

// Runs in every page before its own scripts: keeps the peer connections, for their statistics, and has them offer one
// codec alone for pictures where the test says so. The connections themselves are the browser's own.
function watch(codec) {
  const made = []
  window.lecternTest = { made }
  const Real = window.RTCPeerConnection
  if (!Real) return
  window.RTCPeerConnection = class RTCPeerConnection extends Real {
    constructor(...args) {
      super(...args)
      made.push(this)
    }
  }
  if (!codec) return
  const isLeft = one => ['rtx', codec.toLowerCase()].includes(one.mimeType.slice(6).toLowerCase())
  const prefer = RTCRtpTransceiver.prototype.setCodecPreferences
  RTCRtpTransceiver.prototype.setCodecPreferences = function (list) {
    prefer.call(this, list.some(one => one.mimeType.startsWith('video/')) ? list.filter(isLeft) : list)
  }
  const add = Real.prototype.addTransceiver
  Real.prototype.addTransceiver = function (what, init) {
    const transceiver = add.call(this, what, init)
    if (what === 'video') transceiver.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs)
    return transceiver
  }
}

// In the page: what the newest connection says of itself, flattened.
async function readStats() {
  const connection = window.lecternTest?.made.at(-1)
  if (!connection) return {}
  const all = [...(await connection.getStats()).values()]
  const find = (type, more = () => true) => all.find(one => one.type === type && more(one)) ?? {}
  const video = find('outbound-rtp', one => one.kind === 'video')
  const audio = find('outbound-rtp', one => one.kind === 'audio')
  const transport = find('transport')
  const pairs = all.filter(one => one.type === 'candidate-pair')
  const pair = pairs.find(one => one.id === transport.selectedCandidatePairId) ?? pairs.find(one => one.selected) ??
    pairs.find(one => one.nominated) ?? {}
  const byId = id => all.find(one => one.id === id) ?? {}
  return {
    state: connection.connectionState, ice: connection.iceConnectionState,
    codec: byId(video.codecId).mimeType, fmtp: byId(video.codecId).sdpFmtpLine, encoder: video.encoderImplementation,
    width: video.frameWidth, height: video.frameHeight, fps: video.framesPerSecond, frames: video.framesEncoded,
    keyframes: video.keyFramesEncoded, nacks: video.nackCount, plis: video.pliCount, firs: video.firCount,
    retransmitted: video.retransmittedPacketsSent, limit: video.qualityLimitationReason, target: video.targetBitrate,
    bytes: video.bytesSent, audioBytes: audio.bytesSent, estimate: pair.availableOutgoingBitrate,
    rtt: pair.currentRoundTripTime, srtp: transport.srtpCipher, tls: transport.tlsVersion, dtls: transport.dtlsState,
    local: byId(pair.localCandidateId), remote: byId(pair.remoteCandidateId), now: Date.now(),
  }
}

const pages = []

// A namespace's devices may still be coming up when a browser starts in it, which drops what it has begun.
async function arrive(page, url) {
  for (let left = 5; ; left--) {
    try {
      return await page.goto(url, { waitUntil: 'load', timeout: 30000 })
    } catch (error) {
      if (left === 0 || !/ERR_NETWORK_CHANGED/.test(String(error))) throw error
    }
  }
}

const commands = {
  // codec: only this one is offered, as if the browser had no other: "VP8".
  async open({ url, codec }, browser) {
    const page = await browser.newPage() // beside the empty one: a browser whose last tab is closed ends
    page.on('console', message => process.stderr.write(`page ${pages.indexOf(page)}: ${message.type()}: ${message.text()}\n`))
    page.on('pageerror', error => process.stderr.write(`page ${pages.indexOf(page)}: ${error}\n`))
    page.on('dialog', dialog => { void dialog.accept().catch(() => {}) }) // "Leave site?"
    await page.evaluateOnNewDocument(watch, codec)
    pages.push(page)
    await arrive(page, url)
    return pages.length - 1
  },
  evaluate: ({ page, script }) => pages[page].evaluate(script),
  // A function of the page's own with one argument.
  call: ({ page, name, argument }) => pages[page].evaluate((of, value) => window[of](value), name, argument),
  // From a real click: what needs a person's gesture is allowed.
  async click({ page, selector, timeout = 10000 }) {
    const element = await pages[page].waitForSelector(selector, { visible: true, timeout })
    await element.click()
    return true
  },
  async type({ page, selector, text, timeout = 10000 }) {
    const element = await pages[page].waitForSelector(selector, { visible: true, timeout })
    await element.click()
    await element.type(text)
    return true
  },
  async press({ page, key }) {
    await pages[page].keyboard.press(key)
    return true
  },
  async wait({ page, script, timeout = 10000 }) {
    const handle = await pages[page].waitForFunction(script, { timeout, polling: 50 })
    return handle.jsonValue()
  },
  stats: ({ page }) => pages[page].evaluate(readStats),
  axe: ({ page, options }) => breaches(pages[page], modules, options),
  text: ({ page }) => pages[page].evaluate(() => document.body.innerText),
  // How many scripts of its own a page has that is put into a frame of this one; 0 where the browser shows an error instead.
  async frame({ page, url }) {
    await pages[page].evaluate(address => new Promise(done => {
      const frame = document.createElement('iframe')
      frame.onload = done
      frame.src = address
      document.documentElement.append(frame)
    }), url)
    const counts = pages[page].frames().slice(1).map(frame =>
      frame.evaluate(() => document.querySelectorAll('script[src^="/app/"]').length).catch(() => 0))
    return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0)
  },
  async reload({ page }) {
    await pages[page].reload({ waitUntil: 'load', timeout: 30000 })
    return true
  },
  async front({ page }) {
    await pages[page].bringToFront()
    return true
  },
  async close({ page }) {
    await pages[page].close()
    return true
  },
  async resize({ page, width, height }) {
    await pages[page].setViewport({ width, height })
    return true
  },
}

const say = object => process.stdout.write(`${JSON.stringify(object)}\n`)

const browser = await launch()
let ending = false
async function end() {
  if (ending) return
  ending = true
  setTimeout(() => { browser.process()?.kill('SIGKILL'); process.exit(0) }, 4000).unref()
  await browser.close().catch(() => {})
  process.exit(0)
}
process.on('SIGTERM', end)
process.on('SIGINT', end)

say({ ready: await browser.version() })
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  try {
    say({ n: request.n, value: await commands[request.do](request, browser) ?? null })
  } catch (error) {
    say({ n: request.n, error: String(error?.message ?? error).split('\n')[0] })
  }
}
await end()
