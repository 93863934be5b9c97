/** A PDF as a source; a chunk of its own, because pdf.js is larger than all the rest of the page. */
import { getDocument, GlobalWorkerOptions, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { type Captured, SourceFault } from './captured'
import { fit, Still } from './source-still'

/** Put in by build.mjs: where the worker and what it reads are served. */
declare const PDF_FILES: { readonly worker: string, readonly folder: string }

const MAX_FILE_BYTES = 200 * 1024 * 1024
const LARGEST = { width: 1920, height: 1080 }

async function open(file: File): Promise<PDFDocumentProxy> {
  if (file.size > MAX_FILE_BYTES) throw new SourceFault('unreadable-file')
  const data = new Uint8Array(await file.arrayBuffer())
  // Writers put up to a kilobyte before it.
  if (!new TextDecoder('latin1').decode(data.subarray(0, 1024)).includes('%PDF-')) throw new SourceFault('unsupported-file')
  GlobalWorkerOptions.workerSrc = PDF_FILES.worker
  const { folder } = PDF_FILES
  try {
    return await getDocument({
      data, cMapUrl: folder, cMapPacked: true, standardFontDataUrl: folder, wasmUrl: folder, useWasm: false, enableXfa: false,
      isImageDecoderSupported: false, stopAtErrors: false, verbosity: 0,
    }).promise
  } catch {
    throw new SourceFault('unreadable-file') // broken, or locked with a password
  }
}

class Pages {
  readonly still: Still
  readonly #document: PDFDocumentProxy
  #page = 1
  #turns = 0

  private constructor(document: PDFDocumentProxy, still: Still) {
    this.#document = document
    this.still = still
  }

  static async open(document: PDFDocumentProxy): Promise<Pages> {
    const viewport = (await document.getPage(1)).getViewport({ scale: 1 })
    const scale = Math.min(LARGEST.width / viewport.width, LARGEST.height / viewport.height)
    const pages = new Pages(document, new Still(fit({ width: viewport.width * scale, height: viewport.height * scale })))
    await pages.turn(0)
    return pages
  }

  async turn(by: number): Promise<number> {
    const turn = ++this.#turns
    this.#page = Math.min(this.#document.numPages, Math.max(1, this.#page + by))
    const wanted = this.#page
    const canvas = await this.#render(wanted)
    // A page that took longer than the next turn is not shown any more.
    if (turn === this.#turns) this.still.show(canvas)
    return this.#page
  }

  stop(): void {
    this.still.stop()
    void this.#document.loadingTask.destroy()
  }

  async #render(number: number): Promise<HTMLCanvasElement> {
    const page = await this.#document.getPage(number)
    const plain = page.getViewport({ scale: 1 })
    const { width, height } = this.still.canvas
    const viewport = page.getViewport({ scale: Math.min(width / plain.width, height / plain.height) })
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.floor(viewport.width))
    canvas.height = Math.max(1, Math.floor(viewport.height))
    await page.render({ canvas, viewport }).promise
    return canvas
  }
}

export async function capturePdf(file: File): Promise<Captured> {
  const document = await open(file)
  try {
    const pages = await Pages.open(document)
    return {
      kind: 'pdf', label: file.name, video: pages.still.track, audio: null, trouble: null, page: 1, pages: document.numPages,
      turn: by => pages.turn(by), stop: () => pages.stop(),
    }
  } catch {
    void document.loadingTask.destroy()
    throw new SourceFault('unreadable-file')
  }
}
