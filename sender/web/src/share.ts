/** The page's core: one share from the PIN to the end, as contract.ts has it. */
import { type Captured, sourceOf, troubleOf } from './captured'
import type { EndReason, NewShare, Profile, Share, SourceKind, Trouble, View } from './contract'
import { type Identity, loadIdentity } from './identity'
import { isLocalNetworkDenied } from './local-network'
import { hasUsableCodec } from './media'
import type { Ask, Report } from './messages'
import { watchNetwork } from './network'
import { Session } from './session'
import { canCaptureScreen, canCaptureSound } from './source-live'
import { capture } from './sources'
import { Stream } from './stream'

const START: View = {
  step: 'connecting', boxName: '', pinWrong: false, sas: '', unproved: false, source: null, held: false, paused: false,
  pausedByHost: false, muted: false, profile: 'auto', sharingSinceMs: null, health: null, reconnecting: false, unanswered: false,
  trouble: null, end: null,
}
/** A share that was torn off is begun anew for so long, with the PIN that it had. */
const AGAIN_MS = 30_000
const DRAWN_AFTER_MS = 150
/** The box says something every second. */
const UNANSWERED_MS = 4500
const AGAIN_WAITS_MS = [200, 1000, 2000, 4000, 8000]

const TORN: readonly EndReason[] = ['gone', 'timeout', 'media', 'unreachable', 'cloud', 'nobody']

class Core implements Share {
  readonly ability = { screen: canCaptureScreen(), camera: Boolean(navigator.mediaDevices?.getUserMedia), sound: canCaptureSound() }
  readonly #name: string
  readonly #number: string | null
  readonly #render: (view: View) => void
  readonly #stream: Stream
  #view: View = START
  #identity: Promise<Identity> | null = null
  #session: Session | null = null
  #captured: Captured | null = null
  /** The PIN that was proved last, for a call that has to be made anew. */
  #pin: string | null = null
  #pending: string | null = null
  #asked = false
  #tornSince: number | null = null
  #retries = 0
  #retryTimer = 0
  #unansweredTimer = 0
  #attempt = 0

  constructor(name: string, render: (view: View) => void, number: string | null) {
    this.#name = name
    this.#number = number
    this.#render = render
    this.#stream = new Stream(health => this.#set({ health }), dead => this.#session?.pathChanged(dead),
      () => this.#session?.lookForDetour())
    watchNetwork(() => this.#session?.networkChanged())
    // The box shall know at once, not when it misses us.
    window.addEventListener('pagehide', () => this.#session?.hangUp())
  }

  get view(): View {
    return this.#view
  }

  connect(): void {
    if (this.#session && !this.#session.over) return
    const hopeless = obstacle()
    this.#set({ ...START, profile: this.#view.profile, muted: this.#view.muted, trouble: hopeless })
    if (!hopeless) void this.#dial()
  }

  submitPin(pin: string): void {
    if (this.#view.step !== 'pin') return
    this.#set({ step: 'checking', pinWrong: false })
    this.#pending = pin
    // The box waits two minutes for a PIN; after that it takes another call.
    if (!this.#session || this.#session.over) void this.#dial()
    else if (this.#asked) this.#prove()
  }

  async share(kind: SourceKind, file?: File): Promise<void> {
    if (!this.#letIn()) return
    const attempt = ++this.#attempt
    try {
      const captured = await capture(kind, file)
      if (attempt === this.#attempt && this.#letIn()) this.#take(captured)
      else captured.stop()
    } catch (error) {
      if (attempt === this.#attempt) this.#set({ trouble: troubleOf(error, kind) })
    }
  }

  pause(on: boolean): void {
    if (this.#view.step !== 'sharing') return
    this.#session?.pause(on ? 'still' : 'moving')
    this.#set({ paused: on })
    this.#send()
  }

  mute(on: boolean): void {
    this.#set({ muted: on })
    this.#send()
  }

  setProfile(profile: Profile): void {
    this.#stream.setProfile(profile)
    this.#set({ profile })
  }

  turnPage(by: number): void {
    const captured = this.#captured
    void captured?.turn?.(by).then(page => {
      if (captured === this.#captured && this.#view.source) this.#set({ source: { ...this.#view.source, page } })
    }).catch(() => this.#set({ trouble: 'unreadable-file' }))
  }

  dismissTrouble(): void {
    this.#set({ trouble: null })
  }

  stop(): void {
    if (this.#view.step === 'ended') return
    this.#forget()
    this.#session?.hangUp()
    this.#end('stopped', 0)
  }

  again(): void {
    this.#forget()
    this.#session?.hangUp()
    this.#session = null
    this.connect()
  }

  #set(change: Partial<View>): void {
    this.#view = { ...this.#view, ...change }
    this.#render(this.#view)
  }

  #letIn(): boolean {
    return this.#view.step === 'choose' || this.#view.step === 'sharing'
  }

  #forget(): void {
    this.#pin = this.#pending = null
    this.#tornSince = null
    this.#attempt++
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#unansweredTimer)
  }

  async #dial(): Promise<void> {
    this.#asked = false
    this.#identity ??= loadIdentity()
    const attempt = this.#attempt
    const identity = await this.#identity.catch(() => null)
    if (attempt !== this.#attempt || this.#session && !this.#session.over) return
    if (!identity) return this.#set({ trouble: 'no-webrtc' })
    if (!identity.kept && this.#view.trouble === null && this.#tornSince === null) this.#set({ trouble: 'storage' })
    const session: Session = new Session(this.#name, this.#number, identity, {
      challenge: (ask, boxName) => this.#challenged(ask, boxName),
      waiting: sas => this.#set({ step: 'waiting', sas }),
      up: () => this.#up(session),
      report: report => this.#reported(report),
      reconnecting: on => this.#reconnecting(on),
      heard: () => this.#heard(),
      ended: (reason, retryAfterS, worked) => this.#sessionEnded(session, reason, retryAfterS, worked),
    })
    this.#session = session
  }

  #challenged(ask: Ask, boxName: string): void {
    this.#asked = true
    this.#set({ boxName, unproved: ask !== 'pin' })
    if (ask !== 'pin') {
      this.#pending = ''
      if (this.#tornSince === null) this.#set({ step: 'checking' })
      this.#prove()
    } else if (this.#pending !== null) this.#prove()
    else if (this.#tornSince !== null && this.#pin) {
      this.#pending = this.#pin
      this.#prove()
    } else this.#askForPin({})
  }

  #askForPin(change: Partial<View>): void {
    this.#dropSource()
    this.#tornSince = null
    clearTimeout(this.#unansweredTimer)
    this.#set({ step: 'pin', reconnecting: false, unanswered: false, ...change })
  }

  #prove(): void {
    void this.#session?.prove(this.#pending ?? '')
  }

  #up(session: Session): void {
    this.#pin = this.#pending
    this.#pending = null
    this.#stream.use(session.media)
    const trouble = this.#view.trouble === 'new-pin' ? null : this.#view.trouble
    this.#set({ step: this.#captured ? 'sharing' : 'choose', pinWrong: false, sas: '', trouble })
    this.#heard()
    if (this.#view.paused) session.pause('still')
    this.#send()
  }

  #reconnecting(on: boolean): void {
    if (!on) {
      this.#tornSince = null
      this.#retries = 0
    }
    if (on !== this.#view.reconnecting) this.#set({ reconnecting: on })
  }

  #heard(): void {
    clearTimeout(this.#unansweredTimer)
    if (this.#view.unanswered) this.#set({ unanswered: false })
    if (this.#letIn()) this.#unansweredTimer = window.setTimeout(() => this.#set({ unanswered: true }), UNANSWERED_MS)
  }

  #reported(report: Report): void {
    this.#stream.setReport(report)
    const held = report.state === 'held'
    const pausedByHost = report.state === 'paused'
    if (held !== this.#view.held || pausedByHost !== this.#view.pausedByHost) this.#set({ held, pausedByHost })
  }

  #take(captured: Captured): void {
    this.#captured?.stop()
    this.#captured = captured
    captured.video.addEventListener('ended', () => this.#sourceEnded(captured))
    this.#session?.pause('moving')
    this.#view = {
      ...this.#view, step: 'sharing', source: sourceOf(captured, captured.page), paused: false,
      trouble: captured.trouble === 'no-sound' && this.#view.muted ? null : captured.trouble,
      sharingSinceMs: this.#view.sharingSinceMs ?? Date.now(),
    }
    this.#send()
    // To draw the page anew, with a preview, takes some pictures' time: the first picture goes first.
    setTimeout(() => this.#set({}), DRAWN_AFTER_MS)
  }

  /** What belongs on the wire now. */
  #send(): void {
    const { paused, muted, step } = this.#view
    const captured = step === 'sharing' && !paused ? this.#captured : null
    this.#stream.send(captured, captured && !muted ? captured.audio : null)
  }

  #sourceEnded(captured: Captured): void {
    if (captured !== this.#captured) return
    this.#dropSource()
    if (!this.#letIn()) return
    // Who has stopped sharing wants nothing of it on the display any more; a box that cannot hide it shows black.
    this.#session?.pause('hidden')
    this.#set({ step: 'choose', paused: false, trouble: 'source-ended' })
    void this.#stream.blank()
  }

  #dropSource(): void {
    this.#captured?.stop()
    this.#captured = null
    this.#set({ source: null, health: null, sharingSinceMs: null })
  }

  #sessionEnded(session: Session, reason: EndReason, retryAfterS: number, worked: boolean): void {
    if (session !== this.#session || this.#view.step === 'ended') return
    this.#stream.use(null)
    if ((worked || this.#tornSince !== null) && TORN.includes(reason)) return this.#tryAgain(reason)
    if (this.#view.step === 'pin' && (reason === 'timeout' || reason === 'gone')) return // until the PIN is given
    if (reason === 'denied') return this.#denied()
    if (reason === 'media' && this.#number !== null) return void this.#endWithoutPath()
    this.#end(reason, retryAfterS)
  }

  async #endWithoutPath(): Promise<void> {
    const denied = await isLocalNetworkDenied()
    if (this.#view.step !== 'ended') this.#end(denied ? 'local-network' : 'media', 0)
  }

  /** A wrong PIN; or, after a break, one that has been replaced meanwhile. */
  #denied(): void {
    const wrong = this.#tornSince === null
    this.#pin = this.#pending = null
    this.#askForPin(wrong ? { pinWrong: true } : { pinWrong: false, trouble: 'new-pin' })
    void this.#dial()
  }

  #tryAgain(reason: EndReason): void {
    this.#tornSince ??= performance.now()
    if (performance.now() - this.#tornSince > AGAIN_MS) return this.#end(reason, 0)
    this.#pending = null
    this.#set({ reconnecting: true })
    const wait = AGAIN_WAITS_MS[Math.min(this.#retries++, AGAIN_WAITS_MS.length - 1)]
    this.#retryTimer = window.setTimeout(() => void this.#dial(), wait)
  }

  #end(reason: EndReason, retryAfterS: number): void {
    this.#forget()
    this.#stream.use(null)
    this.#dropSource()
    this.#set({
      step: 'ended', end: { reason, retryAfterS }, trouble: null, reconnecting: false, unanswered: false, paused: false, held: false, pausedByHost: false,
    })
  }
}

/** What makes the whole page useless in this browser. */
function obstacle(): Trouble | null {
  if (!window.isSecureContext) return 'insecure'
  if (typeof RTCPeerConnection === 'undefined') return 'no-webrtc'
  return hasUsableCodec() ? null : 'no-codec'
}

export const newShare: NewShare = (name, render, number) => new Core(name, render, number)
