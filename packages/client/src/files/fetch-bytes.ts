import { PosthouseError } from '@posthouse/core'
import type { Fetcher } from './fetcher.ts'
import type { FetchPlace } from './grant.ts'

/** Content that was fetched into memory. */
export interface FetchedBytes {
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
  readonly place: FetchPlace
}

/**
 * Fetches a whole file into memory, and checks it.
 * @param told the SHA-256 that the sender has told, for a hub that does not know it.
 * @throws PosthouseError `content_mismatch`, `response_too_large` above `most` bytes, and what `Fetcher.fetch` throws
 */
export async function fetchBytes(
  fetcher: Fetcher,
  key: string,
  { most = Number.POSITIVE_INFINITY, told }: { readonly most?: number; readonly told?: string | undefined } = {},
): Promise<FetchedBytes> {
  const { platform } = fetcher.transfer.host
  let hash = platform.sha256()
  let parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  const place = await fetcher.fetch(key, {
    get length() {
      return length
    },
    write: async (bytes) => {
      if (length + bytes.length > most)
        throw new PosthouseError('response_too_large', `${key} has more than ${most} bytes`)
      hash.update(bytes)
      // What was given may be used again by whoever gave it.
      parts.push(new Uint8Array(bytes))
      length += bytes.length
    },
    reset: async () => {
      hash = platform.sha256()
      parts = []
      length = 0
    },
  })
  const found = hash.digest()
  const wanted = place.sha256 ?? told ?? found
  if (found !== wanted) throw new PosthouseError('content_mismatch', `${key} is ${wanted} and arrived as ${found}`)
  return { parts, place }
}
