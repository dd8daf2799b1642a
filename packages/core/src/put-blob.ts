import type { Announcement, BlobInfo, BlobStore } from './blob-store.ts'

/** What a file is made of at once. */
export interface BlobSource extends Announcement {
  readonly key: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/**
 * Puts a file into a store in one go; where that fails, nothing of it is left there.
 * @throws PosthouseError what `begin`, `append` and `complete` of the store throw
 */
export async function putBlob(store: BlobStore, source: BlobSource, signal?: AbortSignal): Promise<BlobInfo> {
  const { key, bytes, ...announced } = source
  await store.begin(key, announced)
  try {
    await store.append(key, 0, bytes, signal)
    return await store.complete(key)
  } catch (error) {
    await store.remove(key)
    throw error
  }
}
