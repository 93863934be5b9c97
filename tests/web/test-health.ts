/** Figures from two moments' statistics, as Chromium and as Firefox give them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthOf, sampleOf, type Sample, srtpName } from '../../sender/web/src/health'
import type { Report } from '../../sender/web/src/messages'

const REPORT: Report = { displayUs: 9000, width: 1920, height: 1080, visible: true, state: 'shown', maxKbps: 0, maxFps: 0 }

const chromium = (factor: number) => [
  { type: 'outbound-rtp', kind: 'audio', bytesSent: 99 },
  { type: 'outbound-rtp', kind: 'video', codecId: 'C', bytesSent: 250_000 * factor, packetsSent: 200 * factor, framesEncoded: 30 * factor,
    totalEncodeTime: 0.15 * factor, frameWidth: 1920, frameHeight: 1080, qualityLimitationReason: 'none' },
  { type: 'media-source', kind: 'video', framesPerSecond: 30, width: 1920, height: 1080 },
  { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 2 * factor, roundTripTime: 9 },
  { type: 'transport', selectedCandidatePairId: 'P', srtpCipher: 'AEAD_AES_256_GCM' },
  { type: 'candidate-pair', id: 'other', nominated: true, state: 'succeeded', currentRoundTripTime: 7 },
  { type: 'candidate-pair', id: 'P', currentRoundTripTime: 0.004 },
  { type: 'codec', id: 'C', mimeType: 'video/H264' },
]

function sample(entries: readonly Record<string, unknown>[], atMs: number): Sample {
  const made = sampleOf(entries, atMs)
  assert.ok(made)
  return made
}

test('a relay on either side', () => {
  const kinds = (local: string, remote: string) => [
    ...chromium(1).filter(({ id }) => id !== 'P'), { type: 'candidate-pair', id: 'P', localCandidateId: 'L', remoteCandidateId: 'R' },
    { type: 'local-candidate', id: 'L', candidateType: local }, { type: 'remote-candidate', id: 'R', candidateType: remote },
    { type: 'local-candidate', id: 'unused', candidateType: 'relay' },
  ]
  assert.equal(sample(kinds('host', 'srflx'), 0).relayed, false)
  assert.equal(sample(kinds('relay', 'host'), 0).relayed, true)
  assert.equal(sample(kinds('prflx', 'relay'), 0).relayed, true)
})

test('what Chromium says', () => {
  const health = healthOf(sample(chromium(1), 1000), sample(chromium(2), 2000), REPORT, 1)
  assert.equal(health.latencyMs, 5 + 2 + 9)
  assert.equal(health.rttMs, 4)
  assert.equal(health.fps, 30)
  assert.equal(health.kbps, 2000)
  assert.equal(health.loss, 0.01)
  assert.equal(health.codec, 'H264')
  assert.equal(health.srtp, 'AEAD_AES_256_GCM')
  assert.equal(health.quality, 'good')
  assert.equal(health.limit, 'nothing')
})

test('without a transport, as in Firefox, the nominated pair and the receiver\'s report count', () => {
  const entries = [
    { type: 'outbound-rtp', kind: 'video', bytesSent: 1, packetsSent: 1, framesEncoded: 1 },
    { type: 'candidate-pair', id: 'A', nominated: false, state: 'succeeded' },
    { type: 'candidate-pair', id: 'B', nominated: true, state: 'succeeded' },
    { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 0, roundTripTime: 0.02 },
  ]
  const health = healthOf(sample(entries, 0), sample(entries, 1000), null, 1)
  assert.equal(health.rttMs, 20)
  assert.equal(health.latencyMs, null)
  assert.equal(health.srtp, null)
  assert.equal(sampleOf([], 0), null)
})

test('quality and what limits it', () => {
  const [before, after] = [sample(chromium(1), 0), sample(chromium(2), 1000)]
  const with_ = (more: Partial<Sample>, scale = 1) => healthOf(before, { ...after, ...more }, REPORT, scale)
  assert.deepEqual([with_({ packetsLost: 10 }).quality, with_({ packetsLost: 40 }).quality, with_({ rttMs: 500 }).quality], ['fair', 'poor', 'poor'])
  assert.deepEqual([with_({ limit: 'bandwidth' }).limit, with_({ limit: 'cpu' }).limit, with_({}, 2).limit], ['network', 'processor', 'tile'])
  // Counters that a new connection begins again.
  const again = healthOf(after, before, REPORT, 1)
  assert.ok([again.fps, again.kbps].every(value => value === 0))
  assert.equal(again.loss, null)
})

test('what comes back on another pair than the one that is sent on comes back', () => {
  const entries = (received: number) => [...chromium(received),
    { type: 'candidate-pair', id: 'theirs', state: 'succeeded', bytesReceived: 500 * received },
    { type: 'candidate-pair', id: 'ours', state: 'succeeded', bytesReceived: 0 }]
  assert.equal(sample(entries(1), 0).bytesReceived, 500)
  assert.equal(sample(entries(2), 1000).bytesReceived, 1000)
  assert.equal(sample(chromium(1), 0).bytesReceived, null)
})

test('names of the SRTP profile', () => {
  for (const name of ['AEAD_AES_256_GCM', 'SRTP_AEAD_AES_256_GCM', '0x0008', '8']) assert.equal(srtpName(name), 'AEAD_AES_256_GCM')
  assert.equal(srtpName('SRTP_AES128_CM_SHA1_80'), 'SRTP_AES128_CM_SHA1_80')
  assert.equal(srtpName(null), null)
})
