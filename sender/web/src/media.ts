/** The peer connection: two sections that only send, whose tracks come and go without another negotiation. */
import type { Encoding } from './adapt'
import { rankCandidates } from './generation'
import { sampleOf, type Sample } from './health'

export interface MediaEvents {
  /** null: no more. */
  candidate(candidate: string | null): void
  connected(on: boolean): void
}

type CodecCapability = ReturnType<typeof codecs>[number]

function codecs() {
  return RTCRtpSender.getCapabilities?.('video')?.codecs ?? []
}

// Retransmission and the like belong to whichever codec is chosen.
const isHelper = (codec: CodecCapability): boolean => /\/(rtx|red|ulpfec|flexfec-03)$/i.test(codec.mimeType)

function rank(codec: CodecCapability): number {
  const fmtp = codec.sdpFmtpLine ?? ''
  switch (codec.mimeType.toLowerCase()) {
    case 'video/h264':
      if (!fmtp.includes('packetization-mode=1')) return 9
      // High where the encoder has it, then constrained baseline, main, baseline.
      return /profile-level-id=64/i.test(fmtp) ? 1 : /profile-level-id=42e0/i.test(fmtp) ? 0 : 2
    case 'video/vp8': return 4
    case 'video/vp9': return 5
    case 'video/av1': return 6
    default: return 10
  }
}

export function hasUsableCodec(): boolean {
  const all = codecs()
  return all.length === 0 || all.some(codec => /^video\/(h264|vp8)$/i.test(codec.mimeType))
}

function preferCodecs(transceiver: RTCRtpTransceiver): void {
  const all = codecs()
  if (all.length === 0) return
  const ordered = all.filter(codec => !isHelper(codec)).sort((a, b) => rank(a) - rank(b))
  try {
    transceiver.setCodecPreferences?.([...ordered, ...all.filter(isHelper)])
  } catch {
    // The order is a wish.
  }
}

export class Media {
  readonly #connection: RTCPeerConnection
  readonly #video: RTCRtpTransceiver
  readonly #audio: RTCRtpTransceiver
  readonly #events: MediaEvents
  #codec = ''
  #early: string[] = []
  #described = false
  /** Of the descriptions: one more with each restart. */
  #generation = 0
  #last = ''
  #connectedOnce: () => void = () => undefined
  /** Pictures that are encoded before there is a path are held against the network: it would seem to be a slow one. */
  readonly #firstPath = new Promise<void>(resolve => { this.#connectedOnce = resolve })
  /** Changes of tracks and parameters one after another: browsers refuse a second one that is under way. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(certificate: RTCCertificate, events: MediaEvents) {
    this.#events = events
    this.#connection = new RTCPeerConnection({ certificates: [certificate], bundlePolicy: 'max-bundle', iceServers: [] })
    this.#video = this.#connection.addTransceiver('video', { direction: 'sendonly' })
    this.#audio = this.#connection.addTransceiver('audio', { direction: 'sendonly' })
    preferCodecs(this.#video)
    this.#connection.onicecandidate = event => this.#gathered(event.candidate)
    this.#connection.onconnectionstatechange = () => this.#stateChanged()
    this.#connection.oniceconnectionstatechange = () => this.#stateChanged()
  }

  get connected(): boolean {
    return this.#connection.connectionState === 'connected' && this.#connection.iceConnectionState !== 'disconnected'
  }

  get failed(): boolean {
    return this.#connection.connectionState === 'failed'
  }

  /** From the next description on. */
  setRelays(iceServers: RTCIceServer[]): void {
    try {
      this.#connection.setConfiguration({ ...this.#connection.getConfiguration(), iceServers })
    } catch {
      // Closed, or an address that the browser does not take: there may be a path without.
    }
  }

  async offer(): Promise<string> {
    const offer = await this.#connection.createOffer()
    await this.#connection.setLocalDescription(offer)
    return offer.sdp ?? ''
  }

  /** With new ICE credentials; send what it returns, then begin(): candidates follow. */
  async restartOffer(): Promise<{ sdp: string, begin: () => Promise<void> }> {
    if (this.#connection.signalingState === 'have-local-offer') await this.#connection.setLocalDescription({ type: 'rollback' })
    const offer = await this.#connection.createOffer({ iceRestart: true })
    this.#described = false
    this.#generation++
    return { sdp: offer.sdp ?? '', begin: () => this.#connection.setLocalDescription(offer) }
  }

  /** False where there is no codec in common for the picture. */
  async answer(sdp: string): Promise<boolean> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: rankCandidates(sdp, this.#generation) })
    this.#described = true
    this.#readCodec()
    for (const candidate of this.#early.splice(0)) await this.#add(candidate)
    return this.#video.currentDirection === 'sendonly'
  }

  async addCandidate(candidate: string | null): Promise<void> {
    if (candidate === null) return
    if (this.#described) await this.#add(candidate)
    else this.#early.push(candidate)
  }

  /** null: nothing is sent, and the display keeps what it has. */
  setTracks(video: MediaStreamTrack | null, audio: MediaStreamTrack | null): Promise<void> {
    this.#last = ''
    return this.#enqueue(async () => {
      await this.#firstPath
      await this.#video.sender.replaceTrack(video)
      await this.#audio.sender.replaceTrack(audio)
    })
  }

  setEncoding(encoding: Encoding): Promise<void> {
    const text = JSON.stringify(encoding)
    if (text === this.#last) return Promise.resolve()
    this.#last = text
    return this.#enqueue(() => this.#applyEncoding(encoding))
  }

  /** What pictures are sent in, "H264", as of the last look; '' where the browser does not tell. */
  get codec(): string {
    return this.#codec
  }

  async sample(): Promise<Sample | null> {
    const report = await this.#connection.getStats()
    this.#readCodec()
    const entries: Record<string, unknown>[] = []
    report.forEach(entry => entries.push(entry as Record<string, unknown>))
    return sampleOf(entries, performance.now())
  }

  close(): void {
    this.#connection.onicecandidate = this.#connection.onconnectionstatechange = null
    this.#connection.oniceconnectionstatechange = null
    this.#connection.close()
    this.#connectedOnce()
  }

  async #applyEncoding(encoding: Encoding): Promise<void> {
    const parameters = this.#video.sender.getParameters() as RTCRtpSendParameters
    const [first] = parameters.encodings
    if (!first) return
    first.scaleResolutionDownBy = encoding.scaleResolutionDownBy
    first.maxBitrate = encoding.maxBitrate
    first.maxFramerate = encoding.maxFramerate
    const wishes = parameters as { degradationPreference?: string }
    wishes.degradationPreference = encoding.degradationPreference
    await this.#video.sender.setParameters(parameters)
  }

  /** Waits for the browser's own threads: not while a picture is to go out. */
  #readCodec(): void {
    const [first] = (this.#video.sender.getParameters() as Partial<RTCRtpSendParameters>).codecs ?? []
    this.#codec = first?.mimeType.split('/')[1]?.toUpperCase() ?? ''
  }

  #enqueue(change: () => Promise<void>): Promise<void> {
    // A connection that is closed meanwhile refuses: nothing is lost by that.
    const done = this.#queue.then(change).catch(() => undefined)
    this.#queue = done
    return done
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    if (candidate === null) return this.#events.candidate(null)
    // Firefox's first offer has other credentials in each section; only the bundle's first one is used (RFC 8843 §7.2).
    if (!candidate.candidate || (candidate.sdpMLineIndex ?? 0) !== 0) return
    this.#events.candidate(candidate.candidate)
  }

  async #add(candidate: string): Promise<void> {
    // One that cannot be used (a kind that the browser does not know) is passed over.
    await this.#connection.addIceCandidate({ candidate: rankCandidates(candidate, this.#generation), sdpMLineIndex: 0 }).catch(() => undefined)
  }

  #stateChanged(): void {
    if (this.connected) this.#connectedOnce()
    this.#events.connected(this.connected)
  }
}
