import { fieldsOf } from './grant.ts'
import type { Transfer } from './transfer.ts'

/** A file below the key of a folder. */
export interface ListedFile {
  readonly key: string
  readonly size: number
  /** Since when it is there, in Unix milliseconds. */
  readonly at: number
}

const pageSize = 1000

/** What lies below the key of a folder, page by page. */
export async function* listFolder(
  transfer: Transfer,
  key: string,
): AsyncGenerator<readonly ListedFile[], void, undefined> {
  let after: unknown
  do {
    const question = { key, limit: pageSize, ...(after !== undefined && { after }) }
    const { files, next } = fieldsOf(await transfer.ask('files.list', question))
    yield Array.isArray(files) ? files.map(listedFile) : []
    after = next ?? undefined
  } while (after !== undefined)
}

function listedFile(row: unknown): ListedFile {
  const { key, size, at } = fieldsOf(row)
  return { key: String(key), size: Number(size), at: Number(at) || 0 }
}
