import { type BlobPage, type FileMethod, isPosthouseError, MethodBody } from '@posthouse/core'
import type { Sweeper } from '../sweeper.ts'
import { askUrl } from './ask-url.ts'
import type { AskingParts } from './asking-parts.ts'

/** Files in one answer. */
const mostListed = 1000
/** Files that one question removes. */
const mostRemoved = 200

/** What those may ask who administer the hub. Spec: 11.1.5. */
export function administering(parts: AskingParts, sweeper: Sweeper): Readonly<Record<string, FileMethod>> {
  return {
    'hub.files': listing(parts),
    'hub.files.url': (question) => askUrl(parts)({ ...question, mayFetch: () => true }),
    'hub.files.remove': removing(parts),
    'hub.files.gc': ({ signal }) => sweeper.sweep(signal),
  }
}

function listing({ store }: AskingParts): FileMethod {
  return async ({ body }) => {
    const members = new MethodBody('hub.files', body)
    const limit = members.count('limit', mostListed, 1) ?? mostListed
    const [prefix, after] = [members.text('prefix'), members.text('after')]
    const page: BlobPage = { limit, ...(prefix && { prefix }), ...(after && { after }) }
    const uploads = members.flag('uploads') === true
    const files = uploads ? await store.uploads(page) : await store.list(page)
    const listed = files.map(({ key, size, at, ...rest }) => ({
      key,
      size,
      at,
      ...('offset' in rest && { offset: rest.offset }),
    }))
    return { files: listed, ...(files.length === limit && { next: files.at(-1)?.key }) }
  }
}

function removing({ store, usage }: AskingParts): FileMethod {
  return async ({ body }) => {
    const members = new MethodBody('hub.files.remove', body)
    const keys = members.needed('keys', members.texts('keys', mostRemoved))
    const removed: string[] = []
    for (const key of keys) if (await removes(() => store.remove(key))) removed.push(key)
    usage.forget()
    return { removed }
  }
}

/** What somebody writes to stays. */
async function removes(remove: () => Promise<boolean>): Promise<boolean> {
  try {
    return await remove()
  } catch (error) {
    if (isPosthouseError(error) && error.code === 'upload_busy') return false
    throw error
  }
}
