import { type Message, type MessageType, PosthouseError } from '@posthouse/core'
import { baseName, safeName } from './safe-name.ts'

/** What a message tells of a file or folder. */
export interface FileReference {
  /** Where its content is: what `download` takes. */
  readonly key: string
  /** The name that its sender gave it; never a path. */
  readonly name: string
  readonly folder: boolean
  /** Bytes, where the sender has told them. */
  readonly size?: number
  readonly mediaType?: string
  /** In hexadecimal digits, where the sender has told it. */
  readonly sha256?: string
  /** Of a folder: where its list of entries is. Absent for those of cross_comm programs. */
  readonly manifest?: string
  /** Of an image, in pixels, where the sender has told it. */
  readonly width?: number
  readonly height?: number
  /** Of an image: a small picture of it, as `data:` URL, where the sender has made one. */
  readonly preview?: string
}

/** A message that may tell of a file. */
export type Tells = Pick<Message, 'id' | 'type' | 'body'>

const fileTypes: ReadonlySet<MessageType> = new Set(['file', 'image', 'audio', 'video', 'folder'])

/** True for a message that tells of a file or folder. */
export function isFileMessage({ type }: Pick<Message, 'type'>): boolean {
  return fileTypes.has(type)
}

/**
 * What a message tells of its file or folder; v1 programs and those of cross_comm tell it alike.
 * @throws PosthouseError `invalid_body` where it tells of none: a cross_comm program's upload has failed, for example
 */
export function fileOf({ id, type, body }: Tells): FileReference {
  const fields = fileTypes.has(type) && isObject(body) ? body : {}
  const { key, name, size, type: mediaType, sha256, manifest, width, height, preview } = fields
  if (typeof key !== 'string' || key === '') throw new PosthouseError('invalid_body', `${id} tells of no file`)
  const shown = baseName(typeof name === 'string' ? name : key)
  return {
    key,
    name: safeName(shown),
    folder: type === 'folder',
    ...(isAmount(size) && { size }),
    ...(typeof mediaType === 'string' && { mediaType }),
    ...(typeof sha256 === 'string' && { sha256 }),
    ...(typeof manifest === 'string' && { manifest }),
    ...(isAmount(width) && isAmount(height) && { width, height }),
    ...(typeof preview === 'string' && { preview }),
  }
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
