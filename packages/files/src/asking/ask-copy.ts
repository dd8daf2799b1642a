import {
  type BlobInfo,
  blobFolder,
  createBlobKey,
  type FileMethod,
  isBlobOf,
  MethodBody,
  PosthouseError,
} from '@posthouse/core'
import { fileMeta } from '../file-meta.ts'
import { entryKey } from '../file-path.ts'
import { told } from './ask-url.ts'
import type { AskingParts } from './asking-parts.ts'

/** Contents in one question. */
const mostAsked = 1000
/** Copies in one question. */
const mostCopied = 200

/** `files.have`: which contents the client need not send again. Spec: 11.1.4. */
export function askHave({ store }: AskingParts): FileMethod {
  return async ({ client, body }) => {
    const members = new MethodBody('files.have', body)
    const wanted = members.needed('files', members.bodies('files', mostAsked)).map((file) => ({
      sha256: file.neededText('sha256'),
      size: file.needed('size', file.count('size')),
    }))
    const keyOf = async ({
      sha256,
      size,
    }: {
      readonly sha256: string
      readonly size: number
    }): Promise<string | null> => {
      const found = await store.find?.(blobFolder(client), sha256)
      return found?.size === size ? found.key : null
    }
    return { keys: await Promise.all(wanted.map(keyOf)) }
  }
}

/** `files.copy`: own files under other keys. Spec: 11.1.4. */
export function askCopy(parts: AskingParts): FileMethod {
  return async ({ client, body }) => {
    const members = new MethodBody('files.copy', body)
    const wanted = members.needed('files', members.bodies('files', mostCopied))
    const copies = wanted.map(async (each) => {
      const from = each.neededText('from')
      try {
        const { key, size, sha256 } = await copied(client, each, parts)
        return { key, size, sha256 }
      } catch (error) {
        return { from, error: told(error) }
      }
    })
    return { files: await Promise.all(copies) }
  }
}

/** @throws PosthouseError `forbidden`, `unknown_file`, `key_in_use`, `quota_exceeded`, `invalid_key`, `invalid_body` */
async function copied(client: string, members: MethodBody, parts: AskingParts): Promise<BlobInfo> {
  const { store, usage, clock } = parts
  const from = members.neededText('from')
  const folder = members.text('folder')
  for (const own of folder === undefined ? [from] : [from, folder]) {
    if (!isBlobOf(client, own)) throw new PosthouseError('forbidden', `${own} is not of ${JSON.stringify(client)}`)
  }
  const name = folder === undefined ? members.neededText('name') : members.neededText('path')
  const key = folder === undefined ? createBlobKey(client, name, clock.now()) : entryKey(folder, name)
  const file = await store.head(from)
  if (!file) throw new PosthouseError('unknown_file', `there is no file ${from}`)
  await usage.addFile(client, file.size)
  try {
    return await store.copy(from, key, fileMeta(name, members.text('type') ?? file.meta.type))
  } catch (error) {
    await usage.removeFile(client, file.size)
    throw error
  }
}
