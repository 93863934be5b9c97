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
  const picture = await decode(file)
  const still = new Still(picture)
  still.show(picture)
  return { kind: 'picture', label: file.name, video: still.track, audio: null, trouble: null, page: 0, pages: 0, stop: () => still.stop() }
}

/** As large as it is sent, so that a camera's hundred megapixels are not kept and made smaller twice a second. */
async function decode(file: File): Promise<HTMLCanvasElement> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
    const picture = drawn(bitmap, fit(bitmap))
    bitmap.close()
    return picture
  } catch {
    return decodeAsElement(file)
  }
}

/** Drawings (SVG) and what else only an element can read. Scripts in them do not run, and nothing is fetched for them. */
async function decodeAsElement(file: File): Promise<HTMLCanvasElement> {
  const image = new Image()
  image.src = URL.createObjectURL(file)
  try {
    await image.decode()
    const size = { width: image.naturalWidth || LARGEST.width, height: image.naturalHeight || LARGEST.height }
    // Lines are as sharp at any size.
    const scale = file.type === 'image/svg+xml' ? Math.min(LARGEST.width / size.width, LARGEST.height / size.height) : 1
    return drawn(image, fit({ width: size.width * scale, height: size.height * scale }))
  } catch {
    throw new SourceFault(file.size > 0 && file.type.startsWith('image/') ? 'unreadable-file' : 'unsupported-file')
  } finally {
    URL.revokeObjectURL(image.src)
  }
}

function drawn(picture: CanvasImageSource, { width, height }: Size): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { alpha: false })
  if (!context) throw new SourceFault('unreadable-file')
  context.fillStyle = '#fff' // behind what is clear: drawings are made for paper
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, 0, 0, width, height)
  return canvas
}
