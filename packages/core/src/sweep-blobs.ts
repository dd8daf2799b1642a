import type { BlobPage, BlobStore } from './blob-store.ts'
import { isPosthouseError } from './errors.ts'

/** What is old enough to go, in Unix milliseconds. What is not named stays. */
export interface SweepOptions {
  /** Uploads that have taken nothing since then. */
  readonly uploadsBefore?: number
  /** Files that were completed before. */
  readonly filesBefore?: number
  /** Only what has a key that begins with this. Default: all. */
  readonly prefix?: string
  /** Ends the sweep between two removals, with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a sweep has removed. */
export interface SweepOutcome {
  readonly uploads: number
  readonly files: number
}

type List = (page: BlobPage) => Promise<readonly { readonly key: string; readonly at: number }[]>

/** Removes what is too old, page by page. An upload that somebody writes to meanwhile stays. */
export async function sweepBlobs(store: BlobStore, options: SweepOptions): Promise<SweepOutcome> {
  const {
    uploadsBefore = Number.NEGATIVE_INFINITY,
    filesBefore = Number.NEGATIVE_INFINITY,
    prefix = '',
    signal,
  } = options
  const sweep = async (list: List, before: number): Promise<number> => {
    let removed = 0
    for await (const key of olderThan(before, (page) => list({ ...page, prefix }))) {
      signal?.throwIfAborted()
      if (await removeIdle(store, key)) removed++
    }
    return removed
  }
  return {
    uploads: await sweep((page) => store.uploads(page), uploadsBefore),
    files: await sweep((page) => store.list(page), filesBefore),
  }
}

async function* olderThan(before: number, list: List): AsyncGenerator<string> {
  if (before === Number.NEGATIVE_INFINITY) return
  for (let after: string | undefined; ; ) {
    const page = await list(after === undefined ? {} : { after })
    for (const { key, at } of page) if (at < before) yield key
    after = page.at(-1)?.key
    if (after === undefined) return
  }
}

async function removeIdle(store: BlobStore, key: string): Promise<boolean> {
  try {
    return await store.remove(key)
  } catch (error) {
    if (isPosthouseError(error) && error.code === 'upload_busy') return false
    throw error
  }
}
