/** Screens, windows and tabs; the camera. */
import { type Captured, SourceFault } from './captured'
import type { SourceKind, Trouble } from './contract'

/** Options that TypeScript's library does not know yet; a browser that does not know them either passes them over. */
interface DisplayOptions extends DisplayMediaStreamOptions {
  readonly systemAudio: 'include'
  readonly windowAudio: 'window'
  readonly selfBrowserSurface: 'exclude'
  readonly surfaceSwitching: 'include'
  readonly monitorTypeSurfaces: 'include'
}

const SCREEN: DisplayOptions = {
  video: { frameRate: { ideal: 60 } },
  // What a display plays is no speech: nothing is to be filtered out of it.
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 2 } },
  systemAudio: 'include',
  windowAudio: 'window',
  selfBrowserSurface: 'exclude',
  surfaceSwitching: 'include',
  monitorTypeSurfaces: 'include',
}

export function canCaptureScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
}

/** Chromium alone gives sound with a screen, and no browser can be asked beforehand. */
export function canCaptureSound(): boolean {
  const { userAgentData } = navigator as { userAgentData?: { brands: readonly { brand: string }[] } }
  return canCaptureScreen() && (userAgentData?.brands.some(({ brand }) => brand === 'Chromium') ?? false)
}

export async function captureScreen(): Promise<Captured> {
  if (!canCaptureScreen()) throw new SourceFault('no-screen-capture')
  const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN)
  const captured = fromStream(stream, 'screen')
  // A window has no sound anywhere; of a tab and a whole screen it may have been asked for and not come.
  const surface = (captured.video.getSettings() as { displaySurface?: string }).displaySurface
  const silent = canCaptureSound() && !captured.audio && surface !== 'window'
  return { ...captured, trouble: silent ? 'no-sound' : null }
}

export async function captureCamera(facingMode: 'user' | 'environment' = 'environment'): Promise<Captured> {
  if (!navigator.mediaDevices?.getUserMedia) throw new SourceFault('no-camera')
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: { ideal: facingMode }, width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } },
  })
  return fromStream(stream, 'camera')
}

function fromStream(stream: MediaStream, kind: SourceKind): Captured {
  const [video] = stream.getVideoTracks()
  const [audio] = stream.getAudioTracks()
  const stop = (): void => stream.getTracks().forEach(track => track.stop())
  if (!video) {
    stop()
    throw new SourceFault('source-busy')
  }
  const trouble: Trouble | null = null
  return { kind, label: labelOf(video), video, audio: audio ?? null, trouble, page: 0, pages: 0, stop }
}

/** Chromium calls a screen "screen:1:0" and a tab "web-contents-media-stream://…": names for programs, not for people. */
function labelOf(track: MediaStreamTrack): string {
  return /^(screen|window|web-contents-media-stream|browser):/.test(track.label) ? '' : track.label
}
