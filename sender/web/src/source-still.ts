/** A canvas as a source: pictures, and what PDFs are drawn on. */
import { type Captured, SourceFault } from './captured'
import type { Size } from './adapt'

/** A still picture is drawn again this often: a display that has just come, or lost a packet, waits for one. */
const REPEAT_MS = 500
const LARGEST: Size = { width: 1920, height: 1080 }
const MAX_FILE_BYTES = 100 * 1024 * 1024

/** The largest even size within the limits and of that shape; small pictures stay as they are. */
export function fit(size: Size, within: Size = LARGEST): Size {
  const scale = Math.min(1, within.width / size.width, within.height / size.height)
  const even = (length: number): number => Math.max(2, Math.round(length * scale / 2) * 2)
  return { width: even(size.width), height: even(size.height) }
}

export class Still {
  readonly canvas: HTMLCanvasElement
  readonly track: MediaStreamTrack
  readonly #context: CanvasRenderingContext2D
  readonly #timer: number
  #content: CanvasImageSource & Size | null = null

  constructor({ width, height }: Size) {
    this.canvas = document.createElement('canvas')
    this.canvas.width = width
    this.canvas.height = height
    const context = this.canvas.getContext('2d', { alpha: false })
    const [track] = context ? this.canvas.captureStream(10).getVideoTracks() : []
    if (!context || !track) throw new SourceFault('unreadable-file')
    this.#context = context
    this.track = track
    this.#timer = window.setInterval(() => this.#draw(), REPEAT_MS)
    this.#draw()
  }

  /** Kept until the next one; fitted into the middle. */
  show(content: CanvasImageSource & Size): void {
    this.#content = content
    this.#draw()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.track.stop()
  }

  #draw(): void {
    const { width, height } = this.canvas
    this.#context.fillStyle = '#000'
    this.#context.fillRect(0, 0, width, height)
    if (!this.#content) return
    const scale = Math.min(width / this.#content.width, height / this.#content.height)
    const w = this.#content.width * scale
    const h = this.#content.height * scale
    this.#context.imageSmoothingQuality = 'high'
    this.#context.drawImage(this.#content, (width - w) / 2, (height - h) / 2, w, h)
  }
}

export async function capturePicture(file: File): Promise<Captured> {
  if (file.type && !file.type.startsWith('image/')) throw new SourceFault('unsupported-file')
  if (file.size > MAX_FILE_BYTES) throw new SourceFault('unreadable-file')
  const bitmap = await decode(file)
  const still = new Still(fit(bitmap))
  still.show(bitmap)
  const stop = (): void => {
    still.stop()
    bitmap.close()
  }
  return { kind: 'picture', label: file.name, video: still.track, audio: null, trouble: null, page: 0, pages: 0, stop }
}

async function decode(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    throw new SourceFault(file.size > 0 && file.type.startsWith('image/') ? 'unreadable-file' : 'unsupported-file')
  }
}
