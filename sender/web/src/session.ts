/** One call with its door and its media: sets up, keeps up through changes of network, and ends once. */
import { Call, type Picture } from './call'
import type { EndReason } from './contract'
import type { Identity } from './identity'
import { Media } from './media'
import { Meeting } from './meeting'
import type { Ask, Report } from './messages'
import type { Stanza } from './stanza'
import { openDoor, type Xmpp, type XmppEvents } from './xmpp'

export interface SessionEvents {
  challenge(ask: Ask, boxName: string): void
  waiting(sas: string): void
  up(): void
  report(report: Report): void
  reconnecting(on: boolean): void
  /** By the box, whatever it was. */
  heard(): void
  /** Last event. worked: pictures could be sent, so that it may be worth another call. */
  ended(reason: EndReason, retryAfterS: number, worked: boolean): void
}

/** Two reports of the box's and a half are missing. */
const SILENCE_MS = 2300
const DOOR_WAITS_MS = [0, 250, 500, 1000, 2000]
/** Where a box is known to be there, another try is better than a long one: TCP waits ever longer to send again. */
const DOOR_PATIENCE_MS = [1000, 1500, 3000]
/** A break that heals by itself at once is none. */
const DISCONNECTED_MS = 250
const RESTART_AGAIN_MS = 3000
/** The box answers at once; if it does not, the door's connection may be as dead as the media's. */
const ANSWER_MS = 250
const GIVE_UP_MS = 30_000

/** A cloud may be gone for longer, and counts those who come. */
const CLOUD_WAITS_MS = [...DOOR_WAITS_MS, 4000, 8000]

type DoorFailure = Parameters<XmppEvents['failed']>[0]

const now = (): number => performance.now()

export class Session {
  readonly media: Media
  readonly #events: SessionEvents
  readonly #call: Call
  /** Of the meeting in the cloud; null: the page came from the box itself. */
  readonly #number: string | null
  #door: Xmpp | null = null
  /** On its way, beside the one that may be dead or in place of the one that is. */
  #nextDoor: Xmpp | null = null
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
  #pathDead = false

  constructor(name: string, number: string | null, identity: Identity, events: SessionEvents) {
    this.#events = events
    this.#number = number
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

  /** Nothing comes back any more, although the browser does not say so yet; or it does again. */
  pathChanged(dead: boolean): void {
    if (this.#over || !this.#wasUp) return
    this.#pathDead = dead
    if (dead) void this.#restart()
    else this.#tellReconnecting()
  }

  /** Over a relay: there may be a path without one by now. */
  lookForDetour(): void {
    if (!this.#over && this.#wasUp && !this.#isBroken && this.#call.up) void this.#restart()
  }

  /** The network is another one, or the machine has slept: what looks alive may be dead. */
  networkChanged(): void {
    if (this.#over || !this.#wasUp) return
    if (this.#call.parted) this.#spareDoor() // it knocks at the network before
    this.#openDoor()
    void this.#restart()
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
    this.#deadlineTimer = window.setTimeout(() => this.#act(() => this.#tick()), wait)
  }

  /** A cloud may be away for longer than what it has brought together needs it. */
  #tick(): void {
    if (this.#number !== null && !this.#isBroken) this.#call.linger(now())
    this.#call.tick(now())
  }

  #openDoor(): void {
    clearTimeout(this.#doorTimer)
    if (this.#over || this.#nextDoor) return
    const meeting = this.#number === null ? null : new Meeting(location.hostname, this.#number)
    const patienceMs = this.#wasUp && !meeting ? DOOR_PATIENCE_MS[Math.min(this.#doorTries, DOOR_PATIENCE_MS.length - 1)] : undefined
    const door: Xmpp = openDoor({
      ready: () => this.#act(() => this.#doorReady(door)),
      payload: payload => this.#act(() => this.#heard(payload)),
      relays: servers => this.media.setRelays(servers),
      failed: why => this.#doorFailed(door, why),
    }, patienceMs, meeting)
    this.#nextDoor = door
  }

  /** The one before is closed after the call has left it, so that the box does not take that for the end. */
  #doorReady(door: Xmpp): void {
    const before = this.#door
    this.#door = door
    this.#nextDoor = null
    this.#doorTries = 0
    this.#doorWasReady = true
    if (this.#wasUp) {
      this.#call.part(now())
      this.#call.resume()
      this.#expectAnswer()
    } else this.#call.dial(now())
    before?.close()
  }

  #heard(payload: Stanza): void {
    this.#call.receive(payload, now())
    if (!this.#over) this.#events.heard()
  }

  #doorFailed(door: Xmpp, why: DoorFailure): void {
    if (this.#over) return
    const end = this.#wasUp ? null : this.#endBefore(why)
    if (end) return this.#ended(end, 0)
    if (door === this.#nextDoor) this.#nextDoor = null
    else {
      this.#door = null
      this.#act(() => this.#call.part(now()))
      if (this.#over) return
    }
    this.#tellReconnecting()
    // Without an answer of the old door's, the new one is still needed.
    if (this.#nextDoor || this.#door && !this.#call.restarting && !this.#call.parted) return
    const waits = this.#number === null ? DOOR_WAITS_MS : CLOUD_WAITS_MS
    const wait = waits[Math.min(this.#doorTries++, waits.length - 1)]
    clearTimeout(this.#doorTimer)
    this.#doorTimer = window.setTimeout(() => this.#openDoor(), wait)
  }

  /** Why there is no use in another try, where nobody has been let in yet. */
  #endBefore(why: DoorFailure): EndReason | null {
    if (why === 'room') return 'busy'
    if (why === 'nobody' || why === 'tries') return why
    if (this.#doorWasReady) return null
    return this.#number === null ? 'unreachable' : 'cloud'
  }

  /** To a restart or a resume. */
  #expectAnswer(): void {
    clearTimeout(this.#answerTimer)
    this.#answerTimer = window.setTimeout(() => { if (this.#call.restarting || this.#call.parted) this.#openDoor() }, ANSWER_MS)
  }

  /** The one in use will do. */
  #spareDoor(): void {
    clearTimeout(this.#doorTimer)
    this.#nextDoor?.close()
    this.#nextDoor = null
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
    this.#spareDoor()
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
    } else if (this.#brokenSince === null) this.#watchMedia() // two events may say the same
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
    if (this.#over) return
    this.#tellReconnecting()
    clearTimeout(this.#restartTimer)
    const early = this.#call.restartDue - now()
    if (early > 0 && early < Infinity) {
      this.#restartTimer = window.setTimeout(() => { if (this.#isBroken) void this.#restart() }, early)
      return
    }
    if (early <= 0) await this.#offerRestart()
    this.#watchMedia()
  }

  async #offerRestart(): Promise<void> {
    try {
      const { sdp, begin } = await this.media.restartOffer()
      if (this.#over || now() < this.#call.restartDue) return
      this.#act(() => this.#call.restart(sdp, now()))
      this.#expectAnswer()
      await begin()
    } catch {
      // Closed meanwhile, or still under way: the next turn tries again.
    }
  }

  get #isBroken(): boolean {
    return this.#pathDead || !this.media.connected
  }

  #tellReconnecting(): void {
    if (!this.#over) this.#events.reconnecting(this.#isBroken)
  }

  #ended(reason: EndReason, retryAfterS: number): void {
    if (this.#over) return
    this.#over = true
    const timers = [this.#deadlineTimer, this.#doorTimer, this.#restartTimer, this.#answerTimer, this.#silenceTimer]
    for (const timer of timers) clearTimeout(timer)
    this.#spareDoor()
    this.#door?.close()
    this.media.close()
    this.#events.ended(reason, retryAfterS, this.#worked)
  }
}
