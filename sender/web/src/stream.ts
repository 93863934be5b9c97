/** What is being sent: the source's tracks on the call's media, with the encoding that fits content, tile and network. */
import { ContentMeter, contentOf, encodingFor, hintFor, type Size, type Wish } from './adapt'
import type { Captured } from './captured'
import type { Health, Profile } from './contract'
import { Detour } from './detour'
import { healthOf, NO_HEALTH, type Sample } from './health'
import type { Media } from './media'
import type { Report } from './messages'
import { PathWatch } from './path-watch'
import { Still } from './source-still'

const TICK_MS = 250
const SECOND_MS = 950 // timers are late, and seldom early
const BLANK_MS = 1500

export class Stream {
  readonly #onHealth: (health: Health) => void
  readonly #onPath: (dead: boolean) => void
  readonly #onDetour: () => void
  #media: Media | null = null
  #captured: Captured | null = null
  #report: Report | null = null
  #profile: Profile = 'auto'
  #meter = new ContentMeter('screen')
  #metered: Captured | null = null
  /** At the last figures. */
  #told: Sample | null = null
  #path = new PathWatch()
  #detour = new Detour()
  #timer = 0

  /** onDetour: a path without a relay is to be looked for. onPath: the media's path is dead, as often as something is to be done about it; and once where it lives again. */
  constructor(onHealth: (health: Health) => void, onPath: (dead: boolean) => void, onDetour: () => void) {
    this.#onHealth = onHealth
    this.#onPath = onPath
    this.#onDetour = onDetour
  }

  /** The call's media, or none. Tracks are the call's owner's to send again. */
  use(media: Media | null): void {
    this.#media = media
    this.#report = this.#told = this.#captured = null
    this.#path = new PathWatch()
    clearInterval(this.#timer)
    if (media) this.#timer = window.setInterval(() => void this.#tick(), TICK_MS)
  }

  send(captured: Captured | null, audio: MediaStreamTrack | null): void {
    this.#captured = captured
    this.#told = null
    if (captured && captured !== this.#metered) {
      this.#metered = captured
      this.#meter = new ContentMeter(captured.kind)
    }
    this.#hint() // before the encoder sees the track: it would begin anew
    void this.#media?.setTracks(captured?.video ?? null, audio)
    this.#adapt()
  }

  setProfile(profile: Profile): void {
    this.#profile = profile
    this.#adapt()
  }

  setReport(report: Report): void {
    this.#report = report
    this.#adapt()
  }

  /** A black picture in place of the last one; then nothing. */
  async blank(): Promise<void> {
    const media = this.#media
    this.#captured = null
    if (!media) return
    const black = new Still({ width: 320, height: 180 })
    await media.setTracks(black.track, null)
    await new Promise(resolve => setTimeout(resolve, BLANK_MS))
    if (media === this.#media && this.#captured === null) await media.setTracks(null, null)
    black.stop()
  }

  #size(): Size | null {
    const { width, height } = this.#captured?.video.getSettings() ?? {}
    return width && height ? { width, height } : null
  }

  get #wish(): Wish {
    return {
      profile: this.#profile, content: contentOf(this.#profile, this.#meter), codec: this.#media?.codec ?? '',
      camera: this.#captured?.kind === 'camera', fps: this.#meter.fps,
    }
  }

  #hint(): void {
    const video = this.#captured?.video
    const hint = hintFor(this.#wish)
    if (video && video.contentHint !== hint) video.contentHint = hint
  }

  #adapt(): number {
    if (!this.#captured) return 1
    const encoding = encodingFor(this.#wish, this.#size(), this.#report)
    this.#hint()
    void this.#media?.setEncoding(encoding)
    return encoding.scaleResolutionDownBy
  }

  /** Browsers take two to seven seconds to notice; a room waits. */
  #watch(sample: Sample): void {
    const wasDead = this.#path.dead
    if (this.#path.see(sample)) this.#onPath(true)
    else if (wasDead && !this.#path.dead) this.#onPath(false)
  }

  async #tick(): Promise<void> {
    const captured = this.#captured
    const sample = captured ? await this.#media?.sample().catch(() => null) : null
    if (!sample || captured !== this.#captured) return
    this.#watch(sample)
    const told = this.#told
    if (told && sample.atMs - told.atMs < SECOND_MS) return
    this.#told = sample
    if (this.#detour.isDue(sample.relayed, sample.atMs)) this.#onDetour()
    this.#meter.tick(sample.sourceFps)
    const scale = this.#adapt()
    this.#onHealth(told ? healthOf(told, sample, this.#report, scale) : NO_HEALTH)
  }
}
