/** How well it goes, from the browser's statistics and the box's report. */
import type { Health } from './contract'
import type { Report } from './messages'

/** What getStats() said at one moment; counters grow. */
export interface Sample {
  readonly atMs: number
  readonly bytesSent: number
  /** By whatever way: feedback and the like. null: the browser does not tell. */
  readonly bytesReceived: number | null
  readonly packetsSent: number
  readonly framesEncoded: number
  readonly encodeSeconds: number
  readonly packetsLost: number
  readonly sourceFps: number
  readonly sourceWidth: number | null
  readonly sourceHeight: number | null
  readonly width: number | null
  readonly height: number | null
  readonly rttMs: number | null
  readonly codec: string | null
  readonly srtp: string | null
  readonly limit: 'none' | 'cpu' | 'bandwidth' | 'other'
  /** On either side. */
  readonly relayed: boolean
}

type Entry = Readonly<Record<string, unknown>>

const number = (value: unknown): number | null => typeof value === 'number' && Number.isFinite(value) ? value : null
const word = (value: unknown): string | null => typeof value === 'string' ? value : null

// The numbers of RFC 5764 and RFC 7714.
const SRTP: Readonly<Record<string, string>> = {
  '1': 'SRTP_AES128_CM_SHA1_80', '7': 'AEAD_AES_128_GCM', '8': 'AEAD_AES_256_GCM',
}

/** Chromium says "AEAD_AES_256_GCM", Firefox "SRTP_AEAD_AES_256_GCM", older ones the profile's number. */
export function srtpName(value: string | null): string | null {
  if (value === null) return null
  return SRTP[String(Number(value))] ?? value.replace(/^SRTP_(?=AEAD_)/, '')
}

function pick(entries: readonly Entry[], type: string, matches: (entry: Entry) => boolean = () => true): Entry | undefined {
  return entries.find(entry => entry.type === type && matches(entry))
}

export function sampleOf(entries: readonly Entry[], atMs: number): Sample | null {
  const video = (entry: Entry): boolean => entry.kind === 'video'
  const out = pick(entries, 'outbound-rtp', video)
  if (!out) return null
  const source = pick(entries, 'media-source', video)
  const remote = pick(entries, 'remote-inbound-rtp', video)
  const transport = pick(entries, 'transport')
  const pair = pick(entries, 'candidate-pair', entry => entry.id === transport?.selectedCandidatePairId) ??
    pick(entries, 'candidate-pair', entry => entry.nominated === true && entry.state === 'succeeded')
  const codec = pick(entries, 'codec', entry => entry.id === out.codecId)
  const rttS = number(pair?.currentRoundTripTime) ?? number(remote?.roundTripTime)
  return {
    atMs,
    bytesSent: number(out.bytesSent) ?? 0,
    bytesReceived: received(entries),
    packetsSent: number(out.packetsSent) ?? 0,
    framesEncoded: number(out.framesEncoded) ?? 0,
    encodeSeconds: number(out.totalEncodeTime) ?? 0,
    packetsLost: number(remote?.packetsLost) ?? 0,
    sourceFps: number(source?.framesPerSecond) ?? 0,
    sourceWidth: number(source?.width),
    sourceHeight: number(source?.height),
    width: number(out.frameWidth),
    height: number(out.frameHeight),
    rttMs: rttS === null ? null : rttS * 1000,
    codec: word(codec?.mimeType)?.replace(/^video\//i, '') ?? null,
    srtp: srtpName(word(transport?.srtpCipher)),
    limit: limitWord(out.qualityLimitationReason),
    relayed: [pair?.localCandidateId, pair?.remoteCandidateId].some(id =>
      pick(entries, 'local-candidate', one => one.id === id && one.candidateType === 'relay') ??
      pick(entries, 'remote-candidate', one => one.id === id && one.candidateType === 'relay')),
  }
}

/** The box may answer on another pair than the one that the browser sends on. */
function received(entries: readonly Entry[]): number | null {
  const counts = entries.filter(({ type }) => type === 'candidate-pair').map(entry => number(entry.bytesReceived))
  return counts.reduce((sum, count) => count === null ? sum : (sum ?? 0) + count, null)
}

function limitWord(value: unknown): Sample['limit'] {
  return value === 'cpu' || value === 'bandwidth' || value === 'other' ? value : 'none'
}

/**
 * From this screen to the display: encoding, half the round trip, and what the box measures from a packet's arrival to
 * its picture. Not in it, because no browser tells: the wait from the change on the screen to its capture (half a frame
 * on average), the encoder's and the pacer's queues, and the display's own delay.
 */
function latencyOf(before: Sample, now: Sample, report: Report | null): number | null {
  const frames = now.framesEncoded - before.framesEncoded
  if (!report?.displayUs || now.rttMs === null) return null
  const encodeMs = frames > 0 ? (now.encodeSeconds - before.encodeSeconds) * 1000 / frames : 0
  return encodeMs + now.rttMs / 2 + report.displayUs / 1000
}

function lossOf(before: Sample, now: Sample): number | null {
  const sent = now.packetsSent - before.packetsSent
  return sent > 0 ? Math.min(1, Math.max(0, now.packetsLost - before.packetsLost) / sent) : null
}

function limitOf(now: Sample, report: Report | null, scale: number): Health['limit'] {
  if (now.limit === 'bandwidth') return 'network'
  if (now.limit === 'cpu') return 'processor'
  return report && scale > 1 ? 'tile' : 'nothing'
}

function qualityOf(loss: number | null, rttMs: number | null, limit: Health['limit']): Health['quality'] {
  if ((loss ?? 0) > 0.08 || (rttMs ?? 0) > 400) return 'poor'
  return (loss ?? 0) > 0.02 || (rttMs ?? 0) > 150 || limit === 'network' || limit === 'processor' ? 'fair' : 'good'
}

/** before: a second or so earlier. scale: by how much the picture is made smaller for its tile. */
export function healthOf(before: Sample, now: Sample, report: Report | null, scale: number): Health {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1000)
  const loss = lossOf(before, now)
  const limit = limitOf(now, report, scale)
  return {
    latencyMs: latencyOf(before, now, report),
    rttMs: now.rttMs,
    width: now.width,
    height: now.height,
    fps: Math.max(0, now.framesEncoded - before.framesEncoded) / seconds,
    kbps: Math.max(0, now.bytesSent - before.bytesSent) * 8 / 1000 / seconds,
    loss,
    codec: now.codec,
    srtp: now.srtp,
    quality: qualityOf(loss, now.rttMs, limit),
    limit,
  }
}

export const NO_HEALTH: Health = {
  latencyMs: null, rttMs: null, width: null, height: null, fps: null, kbps: null, loss: null, codec: null, srtp: null,
  quality: 'none', limit: 'nothing',
}
