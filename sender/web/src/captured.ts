/** What every kind of source gives: tracks to send, something to preview, and a way to end. */
import type { Source, SourceKind, Trouble } from './contract'

export interface Captured {
  readonly kind: SourceKind
  readonly label: string
  readonly video: MediaStreamTrack
  readonly audio: MediaStreamTrack | null
  /** Not in the way of sharing. */
  readonly trouble: Trouble | null
  readonly page: number
  readonly pages: number
  /** PDF alone; resolves with the page that is shown then. */
  turn?(by: number): Promise<number>
  stop(): void
}

/** A source that could not be had. */
export class SourceFault extends Error {
  readonly trouble: Trouble

  constructor(trouble: Trouble) {
    super(trouble)
    this.trouble = trouble
  }
}

/** What the browser's refusal means to a person; the names of W3C's capture specifications. */
export function troubleOf(error: unknown, kind: SourceKind): Trouble {
  if (error instanceof SourceFault) return error.trouble
  const { name = '', message = '' } = error as { name?: string, message?: string }
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      // Chromium says so; Safari and Firefox do not tell the two apart.
      return /system|platform denied/i.test(message) ? 'denied-by-system' : 'denied-by-user'
    case 'InvalidStateError':
      return 'denied-by-user'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return kind === 'camera' ? 'no-camera' : 'denied-by-system'
    case 'NotReadableError':
    case 'AbortError':
      return 'source-busy'
    default:
      return kind === 'screen' ? 'no-screen-capture' : kind === 'camera' ? 'no-camera' : 'unreadable-file'
  }
}

export function sourceOf(captured: Captured, page: number): Source {
  return {
    kind: captured.kind,
    label: captured.label,
    stream: new MediaStream([captured.video]),
    hasSound: captured.audio !== null,
    page,
    pages: captured.pages,
  }
}
