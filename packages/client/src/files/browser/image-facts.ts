import { bytesToBase64 } from '@posthouse/core'
import type { ImageFacts } from '../platform.ts'

/** The longer side of a preview, in pixels. */
const previewPixels = 64
const quality = 0.5

interface Bitmap {
  readonly width: number
  readonly height: number
  close(): void
}

/** What is used of the platform; workers and pages have it, older ones not all of it. */
interface Imaging {
  readonly createImageBitmap?: (source: Blob) => Promise<Bitmap>
  readonly OffscreenCanvas?: new (
    width: number,
    height: number,
  ) => {
    getContext(
      kind: '2d',
    ): { drawImage(bitmap: Bitmap, x: number, y: number, width: number, height: number): void } | null
    convertToBlob(options: { readonly type: string; readonly quality: number }): Promise<Blob>
  }
}

/** How large an image is, and a small picture of it, where the browser can read it. */
export async function imageFacts(source: unknown): Promise<ImageFacts | undefined> {
  const { createImageBitmap, OffscreenCanvas }: Imaging = globalThis as Imaging
  if (!(source instanceof Blob) || createImageBitmap === undefined) return undefined
  try {
    const bitmap = await createImageBitmap(source)
    const { width, height } = bitmap
    const preview = OffscreenCanvas && (await previewOf(bitmap, OffscreenCanvas))
    bitmap.close()
    return { width, height, ...(preview !== undefined && { preview }) }
  } catch {
    // Whoever sends what is no image is not stopped: the bytes are what counts.
    return undefined
  }
}

async function previewOf(bitmap: Bitmap, Canvas: NonNullable<Imaging['OffscreenCanvas']>): Promise<string | undefined> {
  const scale = Math.min(1, previewPixels / Math.max(bitmap.width, bitmap.height))
  const width = Math.max(1, Math.round(bitmap.width * scale))
  const height = Math.max(1, Math.round(bitmap.height * scale))
  const canvas = new Canvas(width, height)
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height)
  const blob = await canvas.convertToBlob({ type: 'image/webp', quality })
  return `data:${blob.type};base64,${bytesToBase64(new Uint8Array(await blob.arrayBuffer()))}`
}
