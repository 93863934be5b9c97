/** What the page's core (call, media, sources) and its user interface know of each other. */

export type Step =
  | 'connecting' // to the box's door
  | 'pin' // the box asks for its PIN: submitPin()
  | 'checking' // the proof is on its way
  | 'waiting' // a person at the box is being asked; compare sas
  | 'choose' // let in; nothing is shared yet: share()
  | 'sharing'
  | 'ended' // for good: again() begins anew

export type Profile = 'auto' | 'text' | 'video'

export type SourceKind = 'screen' | 'camera' | 'picture' | 'pdf'

/** What went wrong here, in the browser; the UI has a sentence for each that says what to do. */
export type Trouble =
  | 'insecure' // no secure context: no capture, no key store
  | 'no-webrtc'
  | 'no-screen-capture' // a phone: camera, picture or PDF instead
  | 'no-camera'
  | 'no-codec' // neither H.264 nor VP8
  | 'denied-by-user' // the person dismissed or refused the browser's question
  | 'denied-by-system' // the operating system's own permission is missing
  | 'source-busy' // the camera is in use, the window cannot be captured
  | 'source-ended' // the shared window or tab was closed, or "stop sharing" was pressed in the browser's bar
  | 'new-pin' // the call was lost, and the display has another PIN since
  | 'unreadable-file'
  | 'unsupported-file'
  | 'no-sound' // shared without sound though it was asked for
  | 'storage' // the identity cannot be kept: a private window

/** The words of <refused reason='…'/> and <bye reason='…'/>, and some of our own. */
export type EndReason =
  | 'bye' | 'denied' | 'locked' | 'busy' | 'revoked' | 'declined' | 'version' | 'protocol' | 'timeout'
  | 'impostor' | 'media' | 'gone'
  | 'unreachable' // the door never opened
  | 'cloud' // nor did the cloud's
  | 'nobody' // no meeting answers to that number
  | 'tries' // too many numbers were tried from this network
  | 'local-network' // the browser may not speak to devices on the person's own network
  | 'stopped' // by the person here

export interface Source {
  readonly kind: SourceKind
  /** What the browser calls it: "Screen 1", a file's name; '' where it says nothing. */
  readonly label: string
  /** For the preview; never with sound. */
  readonly stream: MediaStream | null
  readonly hasSound: boolean
  /** PDF alone. */
  readonly page: number
  readonly pages: number
}

/** Once a second while sharing. null: not known (yet). */
export interface Health {
  /** From this screen to the display, as good as it can be told from both ends. */
  readonly latencyMs: number | null
  readonly rttMs: number | null
  readonly width: number | null
  readonly height: number | null
  readonly fps: number | null
  readonly kbps: number | null
  /** 0 to 1, of what was sent lately. */
  readonly loss: number | null
  readonly codec: string | null
  /** "AEAD_AES_256_GCM" */
  readonly srtp: string | null
  readonly quality: 'good' | 'fair' | 'poor' | 'none'
  /** What keeps the picture from being better. */
  readonly limit: 'nothing' | 'network' | 'processor' | 'tile'
}

export interface End {
  readonly reason: EndReason
  readonly retryAfterS: number
}

/** Everything the UI draws; a new object whenever something changed. */
export interface View {
  readonly step: Step
  readonly boxName: string
  /** With step 'pin': the last one was wrong. */
  readonly pinWrong: boolean
  /** With step 'waiting': the six characters that the display shows too. */
  readonly sas: string
  /** The box asked for no PIN, so nothing has proved who answers. */
  readonly unproved: boolean
  readonly source: Source | null
  /** A host looks at it first; the display does not show it yet. */
  readonly held: boolean
  readonly paused: boolean
  readonly pausedByHost: boolean
  readonly muted: boolean
  readonly profile: Profile
  readonly sharingSinceMs: number | null
  readonly health: Health | null
  /** The connection is gone and being made again; the display keeps the last picture. */
  readonly reconnecting: boolean
  /** Nothing at all has come from the box for some seconds; the page keeps trying. */
  readonly unanswered: boolean
  readonly trouble: Trouble | null
  /** With step 'ended'. */
  readonly end: End | null
}

export interface Ability {
  readonly screen: boolean
  readonly camera: boolean
  /** Sound of a tab or of the whole system can be captured with the screen. */
  readonly sound: boolean
}

/** Made by newShare() in share.ts; every function is harmless in every step. */
export interface Share {
  readonly ability: Ability
  readonly view: View
  connect(): void
  submitPin(pin: string): void
  /** From a click, or the browser refuses. A file for 'picture' and 'pdf'. Also switches the source while sharing. */
  share(kind: SourceKind, file?: File): Promise<void>
  pause(on: boolean): void
  mute(on: boolean): void
  setProfile(profile: Profile): void
  turnPage(by: number): void
  dismissTrouble(): void
  stop(): void
  again(): void
}

/**
 * name: how the display shall call this device; kept in the browser. number: of the meeting in the cloud; null: the page
 * came from the box itself.
 */
export type NewShare = (name: string, render: (view: View) => void, number: string | null) => Share
