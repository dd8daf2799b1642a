import { type FileReference, type Message, type MessageType, PosthouseError } from '@posthouse/core'
import { baseName, safeName } from './safe-name.ts'

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
