/** What is sent for what is shown: content told by its rate, the tile's size, the box's wishes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Content, ContentMeter, contentOf, encodingFor, hintFor, scaleFor, type Wish } from '../../sender/web/src/adapt'
import type { Profile } from '../../sender/web/src/contract'
import type { Report } from '../../sender/web/src/messages'

const HD = { width: 1920, height: 1080 }
const report = (more: Partial<Report>): Report =>
  ({ displayUs: 1000, width: 1920, height: 1080, visible: true, state: 'shown', maxKbps: 0, maxFps: 0, ...more })

const wish = (content: Content, profile: Profile = 'auto', codec = 'VP8', more: Partial<Wish> = {}): Wish =>
  ({ content, profile, codec, camera: false, fps: 30, ...more })

test('a film is told from slides, and neither is dropped over one odd second', () => {
  const meter = new ContentMeter('screen')
  const after = (...rates: number[]) => { for (const rate of rates) meter.tick(rate); return meter.content }
  assert.equal(after(0, 30, 30), 'text')
  assert.equal(after(0, 30, 30, 30), 'video')
  assert.equal(after(0, 0, 0, 25, 8, 8, 8, 8), 'video')
  assert.equal(after(0, 1, 0, 2), 'text')
  assert.equal(new ContentMeter('camera').content, 'video')
  assert.equal(contentOf('text', new ContentMeter('camera')), 'text')
})

test('no more is sent than the tile shows', () => {
  assert.equal(scaleFor(HD, HD), 1)
  assert.equal(scaleFor(HD, { width: 960, height: 540 }), 2)
  assert.equal(scaleFor(HD, { width: 1840, height: 1035 }), 1) // not worth it
  assert.equal(scaleFor({ width: 1080, height: 1920 }, HD), 1.75) // never less than the tile shows
  assert.equal(scaleFor(HD, { width: 3840, height: 2160 }), 1)
  assert.equal(scaleFor(HD, { width: 0, height: 0 }), 1)
  assert.equal(scaleFor(null, HD), 1)
})

test('the box\'s wishes are kept', () => {
  const encoding = encodingFor(wish('video', 'video'), HD, report({ maxKbps: 2000, maxFps: 15, width: 960, height: 540 }))
  assert.deepEqual(encoding, { scaleResolutionDownBy: 2, maxBitrate: 2_000_000, maxFramerate: 15,
    degradationPreference: 'maintain-framerate', contentHint: 'motion' })
})

test('without wishes, enough for the picture and never endless', () => {
  const text = encodingFor(wish('text'), HD, null)
  assert.equal(text.degradationPreference, 'maintain-resolution')
  assert.equal(text.contentHint, 'detail')
  assert.equal(text.maxFramerate, 30)
  assert.ok(text.maxBitrate >= 5e6 && text.maxBitrate <= 8e6)
  // Bits for the pictures that come, not for those that could.
  const moving = (profile: Profile, fps: number) => encodingFor(wish('video', profile, 'H264', { fps }), HD, null)
  assert.deepEqual([moving('video', 30).maxFramerate, moving('video', 30).maxBitrate], [60, text.maxBitrate])
  assert.equal(moving('video', 60).maxBitrate, 2 * text.maxBitrate)
  const auto = moving('auto', 60)
  assert.equal(auto.maxFramerate, 60)
  assert.ok(auto.maxBitrate >= 3e6 && auto.maxBitrate < text.maxBitrate)
  const small = encodingFor(wish('video', 'auto', 'H264'), HD, report({ width: 960, height: 540 }))
  assert.equal(small.maxFramerate, 40)
  assert.equal(encodingFor(wish('video'), { width: 7680, height: 4320 }, null).maxBitrate, 20e6)
  assert.equal(encodingFor(wish('text'), { width: 320, height: 180 }, null).maxBitrate, 2.5e6)
})

test('letters keep their size unless a film was asked for, and the codec says how they are drawn best', () => {
  assert.equal(encodingFor(wish('video'), HD, null).degradationPreference, 'maintain-resolution')
  assert.equal(encodingFor(wish('video', 'video'), HD, null).degradationPreference, 'maintain-framerate')
  assert.equal(hintFor(wish('text', 'auto', 'H264')), 'motion')
  assert.equal(hintFor(wish('text', 'auto', 'VP9')), 'detail')
  assert.equal(hintFor(wish('text', 'auto', '')), 'detail')
})

test('what only looks like a film is a page to VP8, and no more than it can encode', () => {
  const vp8 = (profile: Profile, camera = false) => {
    const { contentHint, maxFramerate } = encodingFor(wish('video', profile, 'VP8', { camera }), HD, null)
    return [contentHint, maxFramerate]
  }
  assert.deepEqual(vp8('auto'), ['detail', 30])
  assert.deepEqual(vp8('video'), ['motion', 60])
  assert.deepEqual(vp8('auto', true), ['motion', 60])
})

test('most of what moves does so 30 times a second', () => {
  const meter = new ContentMeter('screen')
  const after = (...rates: number[]) => { for (const rate of rates) meter.tick(rate); return meter.fps }
  assert.equal(after(30, 30, 60, 60), 30)
  assert.equal(after(59), 60)
  assert.equal(after(30), 30)
})
