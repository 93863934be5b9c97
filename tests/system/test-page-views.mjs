#!/usr/bin/env node
// The page's views in Chromium, drawn by a core that the test drives: axe, widths, languages, the keyboard, what is said.
// node test-page-views.mjs MODULES-STAMP
import { existsSync } from 'node:fs'
import { draw, emulate, FORMS, openViews, REASONS, TROUBLES, VIEWS } from '../support/page-views.mjs'
import { check, run, skipAll } from '../support/tap.mjs'

const chromium = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync)
if (!chromium) skipAll('chromium is not installed')
const views = await openViews(process.argv[2], chromium)
const LANGUAGES = ['de', 'en', 'es', 'fr', 'ja']
const AXE = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'wcag2aaa'] }

async function inEveryForm(look, path = '') {
  for (const form of Object.keys(FORMS)) {
    const page = await views.open(path ? { form, path, viewport: FORMS[form] } : { form })
    await look(page, form)
    await views.close(page)
  }
}

// Nothing moves while it is looked at: half-way colours have another contrast.
const still = page => emulate(page, { 'prefers-reduced-motion': 'reduce', 'prefers-color-scheme': 'light' })

async function testAxe(scheme, more = {}) {
  await inEveryForm(async (page, form) => {
    await emulate(page, { 'prefers-color-scheme': scheme, 'prefers-reduced-motion': 'reduce', ...more })
    for (const [name, view] of Object.entries(VIEWS)) {
      await draw(page, view)
      await page.evaluate(() => { for (const fold of document.querySelectorAll('details')) fold.open = true })
      const found = await views.axe(page, AXE)
      check(found.length === 0, `${name}, ${form}, ${scheme}:`, found.join('\n'))
    }
  })
}

const overflow = () => {
  const wide = document.documentElement.scrollWidth > window.innerWidth
  const cut = [...document.querySelectorAll('main *, header *, footer *')].filter(one =>
    one.checkVisibility() && !one.matches('.unseen, .unseen *, .preview figcaption bdi, video') &&
    (one.getBoundingClientRect().right > window.innerWidth + 1 || one.getBoundingClientRect().left < -1 ||
      (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible' && !one.matches('input, select'))))
  return wide || cut.length ? `${document.documentElement.scrollWidth} px; ${cut.slice(0, 3).map(one => one.outerHTML.slice(0, 90)).join(' ')}` : ''
}

async function testWidth(width, language, prepare = () => {}) {
  const page = await views.open({ language, query: width < 600 ? '?screen=no' : '', viewport: { width, height: 700 } })
  await still(page)
  await page.evaluate(prepare)
  for (const [name, view] of Object.entries(VIEWS)) {
    await draw(page, view)
    await page.evaluate(() => document.querySelector('[aria-controls]')?.click())
    const found = await page.evaluate(overflow)
    check(found === '', `${name} at ${width} px, ${language}:`, found)
  }
  await views.close(page)
}

async function testLanguages() {
  const english = new Map()
  for (const language of ['en', ...LANGUAGES.filter(one => one !== 'en')]) {
    const page = await views.open({ language })
    check(await page.evaluate('document.documentElement.lang') === language, 'the document is not in', language)
    for (const view of [
      ...TROUBLES.map(trouble => ({ step: 'choose', trouble })), ...REASONS.map(reason => ({ step: 'ended', end: { reason, retryAfterS: 0 } })),
    ]) {
      await draw(page, view)
      const text = await page.evaluate(() => [...document.querySelectorAll('h1, .lead, .trouble p')].map(one => one.innerText).join('\n'))
      const key = view.trouble ?? view.end.reason
      check(text.length > 30 && !/undefined|[{}]/.test(text), key, language, text)
      if (language === 'en') {
        check(![...english.values()].includes(text), key, 'is said as something else is:', text)
        english.set(key, text)
      } else check(text !== english.get(key), key, 'is not said in', language)
    }
    await views.close(page)
  }
}

async function testChooseLanguage() {
  const page = await views.open()
  await draw(page, VIEWS.PIN)
  await page.type('#pin', '12')
  await page.select('#language', 'ja')
  await page.waitForFunction('document.documentElement.lang === "ja"')
  check(await page.evaluate('document.activeElement.id') === 'language', 'the focus is lost')
  check((await page.title()).includes('PINを入力'), await page.title())
  check(await page.evaluate("document.querySelector('.device-name strong').textContent === window.driven.name"),
    'the display was told another name than the page shows')
  await page.reload()
  await page.waitForFunction('window.driven')
  check(await page.evaluate('document.documentElement.lang') === 'ja', 'it was not remembered')
  await views.close(page)
}

async function testUnstarted() {
  const page = await views.open()
  check(await page.evaluate('!document.querySelector(".unstarted")'), 'the page has started, and still says what to do if not')
  await page.setRequestInterception(true)
  page.on('request', request => {
    // A browser that is too old runs nothing of it.
    if (request.url().endsWith('/main.js')) void request.respond({ contentType: 'text/javascript', body: '' })
    else void request.continue()
  })
  await page.goto(views.origin)
  const seen = 'getComputedStyle(document.querySelector(".unstarted")).visibility'
  check(await page.evaluate(seen) === 'hidden', 'it is said before the page could have started')
  await page.waitForFunction(`${seen} === 'visible' && document.body.innerText.includes('current version of Chrome')`)
  await views.close(page)
}

const focused = page => page.evaluate(() => {
  const one = document.activeElement
  const style = getComputedStyle(one)
  const box = one.getBoundingClientRect()
  return {
    what: one.getAttribute('aria-label') ?? (one.labels?.[0] ?? one).innerText.trim().split('\n')[0], tag: one.tagName, id: one.id,
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, inside: box.width > 0 && box.bottom > 0,
  }
})

// Every stop of the Tab key from the top of the page to the last one.
async function stops(page) {
  await page.evaluate(() => { document.body.tabIndex = -1; document.body.focus() })
  const all = []
  for (let n = 0; n < 40; n++) {
    await page.keyboard.press('Tab')
    const now = await focused(page)
    if (now.tag === 'BODY') break
    check(now.seen && now.inside, 'no one can see the focus on', now.what)
    all.push(now.what)
    if (now.id === 'language') break
  }
  return all
}

async function testTabOrder() {
  const page = await views.open()
  await draw(page, VIEWS.PIN)
  check((await stops(page)).join() === 'PIN,Continue,Change the name,For the host,Language', await stops(page))
  await draw(page, VIEWS.choose)
  check((await stops(page)).join() === 'Screen, window or tab,Camera,Picture,PDF,With sound,Automatic,For the host,Language', await stops(page))
  await draw(page, VIEWS.sharing)
  check((await stops(page)).join() ===
    'Hide the preview,Pause,Mute,Share something else,Stop sharing,Figures,Automatic,For the host,Language', await stops(page))
  await draw(page, VIEWS['sharing a PDF, poorly'])
  check((await stops(page)).join() ===
    'Hide the preview,Previous page,Next page,Pause,Share something else,Stop sharing,Figures,Automatic,For the host,Language', await stops(page))
  await draw(page, VIEWS['locked out'])
  check((await stops(page)).join() === 'Try again,For the host,Language', await stops(page))
  await views.close(page)
}

async function testCloudAxe() {
  for (const scheme of ['light', 'dark']) {
    await inEveryForm(async page => {
      await emulate(page, { 'prefers-color-scheme': scheme, 'prefers-reduced-motion': 'reduce' })
      const look = async what => {
        const found = await views.axe(page, AXE)
        check(found.length === 0, `${what}, ${scheme}:`, found.join('\n'))
      }
      await look('a new page')
      await page.keyboard.press('Enter')
      await look('nothing was typed')
    }, 'cloud')
  }
}

async function testCloudWidth() {
  for (const language of LANGUAGES) {
    const page = await views.open({ path: 'cloud', language, viewport: { width: 320, height: 700 } })
    await page.type('#number', '1')
    await page.keyboard.press('Enter')
    check(await page.evaluate(overflow) === '', language, await page.evaluate(overflow))
    await views.close(page)
  }
}

async function testCloud() {
  const page = await views.open({ path: 'cloud' })
  check((await focused(page)).id === 'number', 'the field has not got the focus')
  check((await stops(page)).join() === 'Meeting ID,Continue,Language', await stops(page))
  check((await page.title()).includes('Which display?'), await page.title())
  const said = () => page.evaluate(() => document.querySelector('#number-error').innerText)
  for (const [typed, words] of [['', 'Type the meeting ID first'], ['12 345', 'six digits'], ['3221225985', 'Ten digits'], ['abcdef', 'six digits']]) {
    await page.evaluate(() => { document.querySelector('#number').value = ''; document.querySelector('#number').focus() })
    await page.keyboard.type(typed)
    await page.keyboard.press('Enter')
    check((await said()).includes(words), typed, await said())
  }
  await page.evaluate(() => { document.querySelector('#number').value = '' })
  await page.keyboard.type('482 913')
  await page.keyboard.press('Enter')
  await page.waitForFunction('window.driven')
  check(await page.evaluate(() => window.driven.calls.includes('connect 482913')), await calls(page))
  check(await page.evaluate('location.hash') === '#482913', 'the address does not name the meeting')
  await draw(page, { step: 'ended', end: { reason: 'nobody', retryAfterS: 0 } })
  check(await page.evaluate(() => document.querySelector('h1').innerText) === 'No meeting answers to that number', 'something else is said')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  check(await page.evaluate(() => document.querySelector('#number').value) === '482 913', 'the number is to be typed again')
  await page.select('#language', 'de')
  await page.waitForFunction('document.querySelector("h1").innerText === "Welche Anzeige?"')
  await page.evaluate(() => { location.hash = '#111-222' })
  await page.waitForFunction(() => window.driven.calls.includes('connect 111222'))
  check(await page.evaluate(() => document.querySelector('.host-link') === null), 'there is no page for hosts here')
  await views.close(page)
}

async function testCloudAddress() {
  const page = await views.open({ path: 'cloud', query: '#123456' })
  check(await page.evaluate(() => window.driven.calls.includes('connect 123456')), 'the number in the address is not used')
  const words = {}
  for (const reason of ['gone', 'media', 'impostor']) {
    await draw(page, { step: 'ended', end: { reason, retryAfterS: 0 } })
    words[reason] = await page.evaluate(() => document.querySelector('.lead').innerText)
  }
  check(!/same network/.test(Object.values(words).join()), words)
  await views.close(page)
}

const calls = page => page.evaluate(() => window.driven.calls.splice(0).filter(call => !/^(connect|setProfile auto)$/.test(call)))

async function testKeyboard() {
  const page = await views.open()
  const key = async (...keys) => { for (const one of keys) await page.keyboard.press(one) }
  await draw(page, VIEWS.PIN)
  check((await focused(page)).id === 'pin', 'the PIN field has not got the focus')
  await key('Enter')
  check(await page.evaluate(() => document.querySelector('#pin-error').innerText.includes('Type the PIN first')), 'an empty PIN is not told')
  await page.keyboard.type('482 913')
  await key('Enter')
  check((await calls(page)).join() === 'submitPin 482913', 'Enter does not send the PIN')
  await draw(page, { step: 'checking' })
  await key('Enter')
  check((await calls(page)).length === 0, 'a PIN is sent twice')
  await draw(page, VIEWS['wrong PIN'])
  await page.keyboard.type('111111')
  await key('Enter')
  check((await calls(page)).join() === 'submitPin 111111', 'the wrong PIN is not replaced by what is typed')
  await draw(page, VIEWS.choose)
  check((await focused(page)).tag === 'H1', 'the focus is not on the new step')
  await key('Tab', 'Enter')
  check((await calls(page)).join() === 'share screen', 'Enter does not share')
  await draw(page, VIEWS['choose, unproved, with a trouble'])
  await key('Escape')
  check(await page.evaluate(() => document.querySelector('.trouble').childElementCount === 0), 'Escape does not close a trouble')
  await draw(page, VIEWS.sharing)
  await key('Tab', 'Tab', 'Space', 'Tab', 'Space', 'Tab', 'Enter')
  check((await calls(page)).join() === 'pause true,mute true', 'pause and mute')
  check((await focused(page)).what === 'Screen, window or tab', 'the sources have not got the focus')
  await key('Escape')
  check((await focused(page)).what === 'Share something else', 'Escape does not lead back')
  await key('Tab', 'Enter')
  check((await calls(page)).join() === 'stop', 'Enter does not stop')
  await draw(page, VIEWS['sharing a PDF, poorly'])
  await key('PageDown', 'ArrowLeft')
  check((await calls(page)).join() === 'turnPage 1,turnPage -1', 'pages are not turned by keys')
  await draw(page, VIEWS.stopped)
  await key('Tab', 'Enter')
  check((await calls(page)).join() === 'again', 'Enter does not begin again')
  await views.close(page)
}

async function testSaid() {
  const page = await views.open()
  await draw(page, VIEWS.sharing)
  await page.evaluate(() => {
    window.said = []
    for (const region of document.querySelectorAll('[role=status], [role=alert], [aria-live]'))
      new MutationObserver(() => { if (region.textContent) window.said.push(region.textContent) })
        .observe(region, { childList: true, subtree: true, characterData: true })
    document.querySelector('details').open = true
  })
  for (let n = 0; n < 20; n++)
    await draw(page, { ...VIEWS.sharing, health: { ...VIEWS.sharing.health, latencyMs: 40 + n * 50, quality: n % 2 ? 'good' : 'fair' } })
  check(await page.evaluate('window.said.length') === 0, 'figures are read aloud:', await page.evaluate('window.said'))
  for (const view of ['reconnecting', 'sharing', 'held', 'sharing', 'paused by the host', 'sharing']) await draw(page, VIEWS[view])
  const said = await page.evaluate('window.said')
  check(said.length === 6 && said[0].includes('lost') && said[1].includes('back') && said[3].includes('let it through'), said)
  await views.close(page)
}

async function testMotion() {
  for (const [preference, moves] of [['no-preference', true], ['reduce', false]]) {
    const page = await views.open()
    await emulate(page, { 'prefers-reduced-motion': preference })
    await draw(page, VIEWS.waiting)
    const found = await page.evaluate(() => document.getAnimations().length > 0)
    check(found === moves, preference, 'and there is', found ? 'movement' : 'none')
    await views.close(page)
  }
}

// A colour on its way cannot be read on a ground that has arrived already, or the other way round.
async function testColoursAtOnce() {
  const page = await views.open()
  await emulate(page, { 'prefers-reduced-motion': 'no-preference' })
  for (const [name, view] of Object.entries(VIEWS)) {
    await draw(page, view)
    const slow = await page.evaluate(() => [...document.querySelectorAll('*')].filter(one => {
      const style = getComputedStyle(one)
      return parseFloat(style.transitionDuration) > 0 && style.transitionProperty !== 'transform'
    }).map(one => one.outerHTML.slice(0, 90)))
    check(slow.length === 0, `${name}: colours change by degrees:`, slow)
  }
  await views.close(page)
}

async function testForcedColours() {
  await testAxe('dark', { 'forced-colors': 'active' })
  const page = await views.open()
  await emulate(page, { 'forced-colors': 'active', 'prefers-color-scheme': 'dark' })
  await draw(page, VIEWS.choose)
  const bare = await page.evaluate(() => [...document.querySelectorAll('main button, main input, .note, .option')].filter(one => {
    const style = getComputedStyle(one)
    const ground = getComputedStyle(document.body).backgroundColor
    return one.checkVisibility() && one.type !== 'radio' && (style.borderStyle === 'none' || style.borderColor === ground)
  }).map(one => one.className))
  check(bare.length === 0, 'without an edge:', bare)
  await views.close(page)
}

async function testTargets() {
  await inEveryForm(async (page, form) => {
    for (const [name, view] of Object.entries(VIEWS)) {
      await draw(page, view)
      const small = await page.evaluate(() => [...document.querySelectorAll('button, select, summary, a, label:has(input)')]
        .filter(one => one.checkVisibility()).map(one => [one.innerText, one.getBoundingClientRect()])
        .filter(([, box]) => box.height < 40 || box.width < 44).map(([text, box]) => `${text} ${box.width}×${box.height}`))
      check(small.length === 0, `${name}, ${form}: too small for a finger:`, small)
    }
  })
}

async function testSecrets() {
  const page = await views.open()
  const requests = []
  page.on('request', request => requests.push(request.url() + (request.postData() ?? '')))
  await draw(page, VIEWS.PIN)
  await page.type('#pin', '739 184')
  await page.keyboard.press('Enter')
  await draw(page, VIEWS.choose)
  const kept = await page.evaluate(() => JSON.stringify([location.href, document.title, { ...localStorage }, { ...sessionStorage },
    document.cookie, history.state, document.documentElement.outerHTML, [...document.querySelectorAll('input')].map(one => one.value)]))
  check(!/739 ?184/.test(kept + requests.join()), 'the PIN stands somewhere:', kept)
  check(requests.length === 0, 'the page asks for', requests)
  await views.close(page)
}

async function testLeaving() {
  for (const [name, asks] of [['sharing', true], ['choose', false], ['stopped', false]]) {
    const page = await views.open()
    await draw(page, VIEWS[name])
    await page.click('h1') // browsers ask only where the person has touched the page
    let asked = false
    page.on('dialog', dialog => {
      asked = dialog.type() === 'beforeunload'
      void dialog.accept()
    })
    await page.goto('about:blank').catch(() => {})
    check(asked === asks, name, asked ? 'asks' : 'does not ask', 'before it is left')
    await views.close(page)
  }
}

async function testName() {
  const page = await views.open()
  await draw(page, VIEWS.PIN)
  check(await page.evaluate('window.driven.name') === 'Chrome on Linux', await page.evaluate('window.driven.name'))
  await page.click('.device-name .quiet')
  await page.keyboard.type(`  Änne   ${'ü'.repeat(60)}`)
  await page.keyboard.press('Enter')
  await page.waitForFunction('window.driven.name !== "Chrome on Linux"')
  const name = await page.evaluate('window.driven.name')
  check(name.startsWith('Änne üü') && Buffer.byteLength(name) <= 64, name)
  check((await calls(page)).every(call => !call.includes('undefined')), 'a new core was not begun')
  await page.reload()
  await page.waitForFunction('window.driven')
  check(await page.evaluate('window.driven.name') === name, 'the name was not remembered')
  await draw(page, VIEWS.PIN)
  await page.click('.device-name .quiet')
  await page.keyboard.press('Escape')
  check((await focused(page)).what === 'Change the name', 'Escape does not lead back')
  await views.close(page)
}

async function testCountdown() {
  const page = await views.open()
  await draw(page, { step: 'ended', end: { reason: 'locked', retryAfterS: 2 } })
  check(await page.evaluate(() => /0:0[12]/.test(document.querySelector('[role=timer]').innerText)), 'it does not say how long')
  await page.click('.primary')
  check((await calls(page)).length === 0, 'it tries while locked')
  await page.waitForFunction(() => document.querySelector('.primary').getAttribute('aria-disabled') === 'false', { timeout: 5000 })
  await page.click('.primary')
  check((await calls(page)).join() === 'again', 'it does not try again')
  await views.close(page)
}

async function testTitles() {
  const page = await views.open()
  const titles = { 'PIN': 'Type the PIN', 'sharing': 'Sharing', 'paused': 'Paused', 'held': 'Waiting for the host', 'reconnecting': 'Reconnecting…' }
  for (const [name, title] of Object.entries(titles)) {
    await draw(page, VIEWS[name])
    check(await page.title() === `${title} – Room 12 – Lectern`, name, await page.title())
  }
  await views.close(page)
}

await run({
  'driven core: axe finds nothing in light colours, on desk and phone': () => testAxe('light'),
  'driven core: axe finds nothing in dark colours, on desk and phone': () => testAxe('dark'),
  'driven core: axe finds nothing with more contrast': () => testAxe('light', { 'prefers-contrast': 'more' }),
  'driven core: with forced colours, axe finds nothing and everything has an edge': testForcedColours,
  'driven core: 320 pixels are wide enough in every language': async () => { for (const one of LANGUAGES) await testWidth(320, one) },
  'driven core: a desk is wide enough in every language': async () => { for (const one of LANGUAGES) await testWidth(1280, one) },
  'driven core: letters of twice the size fit': async () => {
    for (const width of [390, 1280]) await testWidth(width, 'de', () => { document.documentElement.style.fontSize = '200%' })
  },
  'driven core: written from right to left, it fits': () => testWidth(390, 'en', () => { document.documentElement.dir = 'rtl' }),
  'driven core: each trouble and each end has words of its own in each language': testLanguages,
  'driven core: a language is chosen, remembered, and keeps the focus': testChooseLanguage,
  'driven core: a browser that cannot run the page is told so': testUnstarted,
  'driven core: the Tab key goes through each step in its order, seen': testTabOrder,
  'driven core: the keyboard alone does everything': testKeyboard,
  'driven core: states are said, figures are not': testSaid,
  'driven core: nothing moves for who wants no movement': testMotion,
  'driven core: no colour changes by degrees': testColoursAtOnce,
  'driven core: everything is large enough for a finger': testTargets,
  'driven core: a PIN is left nowhere, and nothing is fetched': testSecrets,
  'driven core: the page asks before it is left while sharing, and only then': testLeaving,
  'driven core: the name is changed, cut, remembered': testName,
  'driven core: a lock-out counts down and then lets try again': testCountdown,
  'driven core: the title says the state': testTitles,
  'driven core: in a cloud, axe finds nothing on the step before the others': testCloudAxe,
  'driven core: in a cloud, 320 pixels are wide enough in every language': testCloudWidth,
  'driven core: in a cloud, the number is asked for, by keyboard alone': testCloud,
  'driven core: in a cloud, the address may name the meeting': testCloudAddress,
  'driven core: the browser complained of nothing': () => check(views.complaints.length === 0, views.complaints),
}, views.end)
