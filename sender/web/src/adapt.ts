/** What to send for what is shown and wished for: pure decisions from figures of the last seconds. */
import type { Profile, SourceKind } from './contract'
import type { Report } from './messages'

/** What 'auto' comes to. */
export type Content = 'text' | 'video'

export interface Encoding {
  readonly scaleResolutionDownBy: number
  readonly maxBitrate: number
  readonly maxFramerate: number
  readonly degradationPreference: 'maintain-resolution' | 'maintain-framerate'
  readonly contentHint: 'detail' | 'motion'
}

export interface Size {
  readonly width: number
  readonly height: number
}

const MOVING_FPS = 12
const FAST_FPS = 45
const STILL_FPS = 6
const SECONDS_TO_MOVING = 3
const SECONDS_TO_STILL = 4
const MAX_KBPS = 20_000
const MIN_KBPS = 2_500
const SLOW = 30
const BRISK = 40
const FAST = 60
// Less than this is not worth another keyframe and a blurred picture.
const LEAST_SCALE = 1.15

/** Screens deliver a picture when something changed, so their rate tells what is on them. */
export class ContentMeter {
  #content: Content
  #moving = 0
  #still = 0
  #fast = 0

  constructor(kind: SourceKind) {
    this.#content = kind === 'camera' ? 'video' : 'text'
  }

  get content(): Content {
    return this.#content
  }

  /** The rate that a film's bits are reckoned for: most do with 30 a second. */
  get fps(): number {
    return this.#fast >= SECONDS_TO_MOVING ? FAST : SLOW
  }

  /** Once a second, with the pictures that the source gave in it. */
  tick(fps: number): void {
    this.#moving = fps >= MOVING_FPS ? this.#moving + 1 : 0
    this.#still = fps <= STILL_FPS ? this.#still + 1 : 0
    this.#fast = fps >= FAST_FPS ? this.#fast + 1 : 0
    if (this.#moving >= SECONDS_TO_MOVING) this.#content = 'video'
    else if (this.#still >= SECONDS_TO_STILL) this.#content = 'text'
  }
}

export function contentOf(profile: Profile, meter: ContentMeter): Content {
  return profile === 'auto' ? meter.content : profile
}

/** The source fitted into the tile; in quarters, so that a tile that moves by a few pixels changes nothing. */
export function scaleFor(source: Size | null, tile: Size): number {
  if (!source || tile.width === 0 || tile.height === 0) return 1
  const scale = Math.max(source.width / tile.width, source.height / tile.height)
  return scale < LEAST_SCALE ? 1 : Math.max(1, Math.floor(scale * 4) / 4)
}

function enoughKbps(source: Size | null, scale: number, fps: number, bits: number): number {
  const { width, height } = source ?? { width: 1920, height: 1080 }
  return Math.min(MAX_KBPS, Math.max(MIN_KBPS, Math.round(width * height / scale / scale * fps * bits / 1000)))
}

/** What is to be encoded, and by what. */
export interface Wish {
  readonly profile: Profile
  readonly content: Content
  /** "H264", "VP8", …; '' where the browser does not tell. */
  readonly codec: string
  readonly camera: boolean
  /** ContentMeter's, of use for films: of other things a browser may give each picture twice. */
  readonly fps: number
}

const isFilm = (wish: Wish): boolean => wish.profile === 'video' || wish.camera

/**
 * Chromium's H.264 draws letters sharper and three times sooner as if they were a film (8 ms a picture against 25 to 70,
 * quantiser 14 against 26); its VP8 and VP9 the other way round, so that what only looks like a film stays a page there.
 */
export function hintFor(wish: Wish): Encoding['contentHint'] {
  return isFilm(wish) || wish.codec === 'H264' ? 'motion' : 'detail'
}

/**
 * A pixel. A tenth is enough for what a conference's encoders do; of pictures that are soon gone, six hundredths, which
 * leave sooner and cost both ends less.
 */
function bitsFor(wish: Wish): number {
  return wish.content === 'video' && !isFilm(wish) ? 0.06 : 0.1
}

/**
 * Chromium gives what changes 30 times a second on a screen 58 times: at 40 the freshest of two is now and then left out, which
 * is no loss on a small tile. VP8 and VP9 take so long for 1080p that above 30 each picture would wait for the one before.
 */
function mostFps(wish: Wish, scale: number): number {
  if (wish.content === 'text') return SLOW
  if (isFilm(wish)) return FAST
  return wish.codec !== 'H264' ? SLOW : scale > 1 ? BRISK : FAST
}

export function encodingFor(wish: Wish, source: Size | null, report: Report | null): Encoding {
  const scale = report ? scaleFor(source, report) : 1
  const fps = Math.min(mostFps(wish, scale), report?.maxFps || Infinity)
  const kbps = Math.min(enoughKbps(source, scale, Math.min(fps, isFilm(wish) ? wish.fps : SLOW), bitsFor(wish)), report?.maxKbps || Infinity)
  return {
    scaleResolutionDownBy: scale,
    maxBitrate: kbps * 1000,
    maxFramerate: fps,
    // A page that is turned fast looks like a film, and is to be read when it stands: smaller letters are for who wants them.
    degradationPreference: wish.profile === 'video' ? 'maintain-framerate' : 'maintain-resolution',
    contentHint: hintFor(wish),
  }
}
