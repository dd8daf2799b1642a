import { type BlobStore, createBlobKey, type FileMethod, isBlobOf, MethodBody, PosthouseError } from '@posthouse/core'
import { pathOfKey } from '../file-path.ts'
import { manifestOf, uploadToken } from '../signing/upload-token.ts'
import type { AskingParts } from './asking-parts.ts'

/** What should go into one request: more is lost where a proxy holds requests back until they are whole. */
const chunkBytes = 64 * 1024 * 1024

/** `files.upload`: a key and a token to upload with. Spec: 11.1.2. */
export function askUpload(parts: AskingParts): FileMethod {
  return async ({ client, body }) => {
    const { store, usage, limits, secrets, clock, root, origin } = parts
    const members = new MethodBody('files.upload', body)
    const size = members.count('size')
    const left = await usage.left(client)
    const again = members.text('key')
    // What was begun is counted already, and goes on.
    if (again === undefined || size !== undefined) await assertFits(size ?? 0, left, parts)
    const key = again === undefined ? newKey(client, members, clock.now()) : await ownUpload(store, client, again)
    const expires = clock.now() + limits.tokenMs
    return {
      key,
      ...(key.endsWith('/') && { manifest: manifestOf(key) }),
      url: origin + root,
      location: origin + pathOfKey(root, key),
      token: uploadToken({ client, key, expires }, secrets),
      expires,
      chunkBytes,
      fileBytes: finite(limits.fileBytes),
      left: finite(Math.max(0, left)),
    }
  }
}

function newKey(client: string, members: MethodBody, now: number): string {
  const name = members.neededText('name')
  return members.flag('folder') === true
    ? `${createBlobKey(client, '', now)}_folder/`
    : createBlobKey(client, name, now)
}

/** @throws PosthouseError `forbidden`, `key_in_use`, `unknown_file` */
async function ownUpload(store: BlobStore, client: string, key: string): Promise<string> {
  if (!isBlobOf(client, key)) throw new PosthouseError('forbidden', `${key} is no upload of ${JSON.stringify(client)}`)
  if (/\/\d+_[0-9a-f]{8}_folder\/$/.test(key)) return key
  if (await store.upload(key)) return key
  if (await store.head(key)) throw new PosthouseError('key_in_use', `${key} is complete`)
  throw new PosthouseError('unknown_file', `there is no upload ${key}; begin another one`)
}

/** @throws PosthouseError `file_too_large`, `quota_exceeded`, `no_room` */
async function assertFits(size: number, left: number, { store, limits }: AskingParts): Promise<void> {
  const { fileBytes } = limits
  if (size > fileBytes) {
    throw new PosthouseError('file_too_large', `${size} bytes are wanted; a file may have ${fileBytes} here`)
  }
  if (size > left) {
    const problem = left < 0 ? 'this client may keep no further file' : `${size} bytes are wanted, and ${left} are left`
    throw new PosthouseError('quota_exceeded', problem)
  }
  const room = (await store.room?.()) ?? size
  if (size > room) throw new PosthouseError('no_room', `${size} bytes are wanted, and there is room for ${room}`)
}

/** JSON has no word for what never ends. */
function finite(bytes: number): number {
  return Math.min(bytes, Number.MAX_SAFE_INTEGER)
}
