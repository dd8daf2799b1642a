import { fileURLToPath } from 'node:url'
import type { ImageFacts } from '../platform.ts'

/** The longer side of a preview, in pixels. */
const previewPixels = 64
const quality = 50

/**
 * How large an image is, and a small picture of it, where `sharp` is installed and can read it. A stream is not looked at:
 * it can be read only once.
 */
export async function imageFacts(source: unknown): Promise<ImageFacts | undefined> {
  const input = await inputOf(source)
  if (input === undefined) return undefined
  const sharp = await import('sharp').then(({ default: loaded }) => loaded).catch(() => undefined)
  if (sharp === undefined) return undefined
  try {
    // As it is to be seen: cameras write sideways.
    const { autoOrient } = await sharp(input).metadata()
    const small = sharp(input)
      .autoOrient()
      .resize(previewPixels, previewPixels, { fit: 'inside', withoutEnlargement: true })
    const preview = await small.webp({ quality }).toBuffer()
    return { ...autoOrient, preview: `data:image/webp;base64,${preview.toString('base64')}` }
  } catch {
    // Whoever sends what is no image is not stopped: the bytes are what counts.
    return undefined
  }
}

async function inputOf(source: unknown): Promise<string | Uint8Array | undefined> {
  if (typeof source === 'string') return source
  if (source instanceof URL) return fileURLToPath(source)
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer())
  return source instanceof Uint8Array ? source : undefined
}
