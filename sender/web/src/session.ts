/** One call with its door and its media: sets up, keeps up through changes of network, and ends once. */
import { Call, type Picture } from './call'
import type { EndReason } from './contract'
import type { Identity } from './identity'
import { Media } from './media'
import type { Ask, Report } from './messages'
import { openDoor, type Xmpp } from './xmpp'

export interface SessionEvents {
  challenge(ask: Ask, boxName: string): void
  waiting(sas: string): void
  up(): void
  report(report: Report): void
  reconnecting(on: boolean): void
  /** Last event. worked: pictures could be sent, so that it may be worth another call. */
  ended(reason: EndReason, retryAfterS: number, worked: boolean): void
}

/** Two reports of the box's and a half are missing. */
const SILENCE_MS = 2300
const DOOR_WAITS_MS = [0, 250, 500, 1000, 2000]
/** A break that heals by itself does so within this. */
const DISCONNECTED_MS = 1500
const RESTART_AGAIN_MS = 4000
/** The box answers at once; if it does not, the door's connection is as dead as the media's. */
const RESTART_ANSWER_MS = 1000
const GIVE_UP_MS = 30_000

const now = (): number => performance.now()

export class Session {
  readonly media: Media
  readonly #events: SessionEvents
  readonly #call: Call
  #door: Xmpp | null = null
  #doorTries = 0
  #wasUp = false
  #doorWasReady = false
  #worked = false
  #over = false
  #offer: Promise<string> | null = null
  #deadlineTimer = 0
  #doorTimer = 0
  #restartTimer = 0
  #answerTimer = 0
  #silenceTimer = 0
  #brokenSince: number | null = null

  constructor(name: string, identity: Identity, events: SessionEvents) {
    this.#events = events
    this.media = new Media(identity.certificate, {
      candidate: candidate => this.#act(() => this.#call.sendCandidate(candidate)),
      connected: on => this.#mediaChanged(on),
    })
    this.#call = new Call(name, identity.fingerprint, {
      send: payload => this.#door?.send(payload),
      challenge: (ask, boxName) => this.#challenged(ask, boxName),
      wait: sas => events.waiting(sas),
      answer: sdp => void this.#answered(sdp),
      report: report => this.#reported(report),
      restarted: sdp => void this.#restarted(sdp),
      resumed: () => this.#resumed(),
      candidate: candidate => void this.media.addCandidate(candidate),
      ended: (reason, retryAfterS) => this.#ended(reason, retryAfterS),
    })
    this.#openDoor()
  }

  get over(): boolean {
    return this.#over
  }

  /** After challenge. pin: '' where none is asked. */
  async prove(pin: string): Promise<void> {
    try {
      const offer = await this.#makeOffer()
      this.#act(() => this.#call.prove(pin, offer, now()))
    } catch {
      this.#act(() => this.#call.hangUp('media'))
    }
  }

  pause(picture: Picture): void {
    this.#act(() => this.#call.pause(picture))
  }

  hangUp(): void {
    this.#act(() => this.#call.hangUp('bye'))
  }

  /** Nothing comes back any more, although the browser does not say so yet. */
  pathDied(): void {
    if (!this.#over && this.#wasUp) void this.#restart()
  }

  /** The network is another one, or the machine has slept: what looks alive may be dead. */
  networkChanged(): void {
    if (this.#over || this.#call.parted) return
    this.#door?.close()
    this.#doorFailed()
  }

  /** Runs what may change the call's deadline. */
  #act(work: () => void): void {
    if (this.#over) return
    work()
    this.#schedule()
  }

  #schedule(): void {
    clearTimeout(this.#deadlineTimer)
    if (this.#over || this.#call.deadline === Infinity) return
    const wait = Math.max(0, this.#call.deadline - now())
    this.#deadlineTimer = window.setTimeout(() => this.#act(() => this.#call.tick(now())), wait)
  }

  #openDoor(): void {
    this.#door = openDoor({
      ready: () => this.#act(() => this.#doorReady()),
      payload: payload => this.#act(() => this.#call.receive(payload, now())),
      failed: why => this.#doorClosed(why),
    }, this.#wasUp)
  }

  #doorReady(): void {
    this.#doorTries = 0
    this.#doorWasReady = true
    if (this.#wasUp) this.#call.resume()
    else this.#call.dial(now())
  }

  #doorClosed(why: string): void {
    if (this.#over) return
    if (why === 'room' && !this.#wasUp) this.#ended('busy', 0)
    else if (this.#doorWasReady) this.#doorFailed()
    else this.#ended('unreachable', 0)
  }

  #doorFailed(): void {
    this.#act(() => this.#call.part(now()))
    if (this.#over) return
    this.#tellReconnecting()
    const wait = DOOR_WAITS_MS[Math.min(this.#doorTries++, DOOR_WAITS_MS.length - 1)]
    clearTimeout(this.#doorTimer)
    this.#doorTimer = window.setTimeout(() => this.#openDoor(), wait)
  }

  #challenged(ask: Ask, boxName: string): void {
    // While the person looks for the PIN, candidates are gathered; the call keeps them back.
    void this.#makeOffer().catch(() => undefined)
    this.#events.challenge(ask, boxName)
  }

  #makeOffer(): Promise<string> {
    this.#offer ??= this.media.offer()
    return this.#offer
  }

  async #answered(sdp: string): Promise<void> {
    const usable = await this.media.answer(sdp).catch(() => false)
    if (this.#over) return
    if (!usable) return this.#act(() => this.#call.hangUp('media'))
    this.#wasUp = true
    this.#events.up()
    if (this.media.connected) this.#mediaChanged(true)
    else this.#watchMedia()
  }

  async #restarted(sdp: string): Promise<void> {
    const usable = await this.media.answer(sdp).catch(() => false)
    if (!usable && !this.#over) this.#watchMedia()
  }

  #resumed(): void {
    this.#tellReconnecting()
    // Other paths in any case: the door has come back by another one, perhaps.
    void this.#restart()
  }

  /** They come once a second: where they stop, the network is gone, and no browser says so as soon. */
  #reported(report: Report): void {
    clearTimeout(this.#silenceTimer)
    this.#silenceTimer = window.setTimeout(() => this.networkChanged(), SILENCE_MS)
    this.#events.report(report)
  }

  #mediaChanged(on: boolean): void {
    if (this.#over || !this.#wasUp) return
    if (on) {
      this.#worked = true
      this.#brokenSince = null
      clearTimeout(this.#restartTimer)
    } else this.#watchMedia()
    this.#tellReconnecting()
  }

  /** Until the media is connected: restarts it, and gives up after a time. */
  #watchMedia(): void {
    if (this.media.connected || this.#over) return
    const first = this.#brokenSince === null
    this.#brokenSince ??= now()
    if (now() - this.#brokenSince > GIVE_UP_MS) return this.#act(() => this.#call.hangUp('media'))
    clearTimeout(this.#restartTimer)
    const wait = first && !this.media.failed ? DISCONNECTED_MS : first ? 0 : RESTART_AGAIN_MS
    this.#restartTimer = window.setTimeout(() => void this.#restart(), wait)
  }

  async #restart(): Promise<void> {
    this.#tellReconnecting()
    if (!this.#over && this.#call.canRestart(now())) {
      try {
        const { sdp, begin } = await this.media.restartOffer()
        if (this.#call.canRestart(now())) {
          this.#act(() => this.#call.restart(sdp, now()))
          clearTimeout(this.#answerTimer)
          this.#answerTimer = window.setTimeout(() => { if (this.#call.restarting) this.networkChanged() }, RESTART_ANSWER_MS)
          await begin()
        }
      } catch {
        // Closed meanwhile, or still under way: the next turn tries again.
      }
    }
    this.#watchMedia()
  }

  #tellReconnecting(): void {
    if (!this.#over) this.#events.reconnecting(!this.media.connected)
  }

  #ended(reason: EndReason, retryAfterS: number): void {
    if (this.#over) return
    this.#over = true
    const timers = [this.#deadlineTimer, this.#doorTimer, this.#restartTimer, this.#answerTimer, this.#silenceTimer]
    for (const timer of timers) clearTimeout(timer)
    this.#door?.close()
    this.media.close()
    this.#events.ended(reason, retryAfterS, this.#worked)
  }
}
