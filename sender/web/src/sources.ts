/** From what a person chose to something that can be sent. */
import { type Captured, SourceFault } from './captured'
import type { SourceKind } from './contract'
import { captureCamera, captureScreen } from './source-live'
import { capturePicture } from './source-still'

/** From a click; throws what troubleOf() explains. */
export async function capture(kind: SourceKind, file?: File): Promise<Captured> {
  switch (kind) {
    case 'screen': return captureScreen()
    case 'camera': return captureCamera()
    case 'picture': return capturePicture(fileOf(file))
    case 'pdf': return (await import('./source-pdf')).capturePdf(fileOf(file))
  }
}

function fileOf(file: File | undefined): File {
  if (!file) throw new SourceFault('unreadable-file')
  return file
}
