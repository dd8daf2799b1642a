import { type BlobStore, blobFolder, PosthouseError } from '@posthouse/core'

/** Clients whose sums are remembered; of others they are made anew. */
const mostRemembered = 1000

/**
 * What a file counts beside its bytes, in bytes: for its key, what is noted of it and its place on the disk. Without it, files that are
 * empty would have no end.
 */
const overheadBytes = 4096

/** What the files of each client take, counted when it is first asked and kept up to date from then on. */
export class Usage {
  readonly #store: BlobStore
  readonly #most: number
  /** The one that was not asked for longest comes first. */
  readonly #sums = new Map<string, { readonly counted: Promise<number>; changed: number }>()

  /** @param most what one client may keep, in bytes */
  constructor(store: BlobStore, most: number) {
    this.#store = store
    this.#most = most
  }

  /** What one more file of the client may have, in bytes; less than 0 where it may have no more, `Infinity` where there is no limit. */
  async left(client: string): Promise<number> {
    if (this.#most === Number.POSITIVE_INFINITY) return this.#most
    const sum = this.#sumOf(client)
    return this.#most - (await sum.counted) - sum.changed - overheadBytes
  }

  /**
   * Counts one more file, or upload, of so many bytes.
   * @throws PosthouseError `quota_exceeded`
   */
  addFile(client: string, bytes: number): Promise<void> {
    return this.add(client, bytes + overheadBytes)
  }

  /** Counts it no more. */
  removeFile(client: string, bytes: number): Promise<void> {
    return this.add(client, -bytes - overheadBytes)
  }

  /**
   * Counts so many more bytes of a file that was counted; less than none takes some off.
   * @throws PosthouseError `quota_exceeded`
   */
  async add(client: string, bytes: number): Promise<void> {
    if (this.#most === Number.POSITIVE_INFINITY) return
    const sum = this.#sumOf(client)
    const used = (await sum.counted) + sum.changed
    if (bytes > 0 && used + bytes > this.#most) {
      const left = Math.max(0, this.#most - used)
      throw new PosthouseError(
        'quota_exceeded',
        `${JSON.stringify(client)} may keep ${this.#most} bytes, and each file counts ${overheadBytes} more than it has; ${left} are left, and ${bytes} are wanted`,
      )
    }
    sum.changed += bytes
  }

  /** Something was removed: all is counted anew. */
  forget(): void {
    this.#sums.clear()
  }

  #sumOf(client: string): { readonly counted: Promise<number>; changed: number } {
    const known = this.#sums.get(client)
    this.#sums.delete(client)
    const sum = known ?? { counted: this.#count(client), changed: 0 }
    this.#sums.set(client, sum)
    const [oldest] = this.#sums.keys()
    if (this.#sums.size > mostRemembered && oldest !== undefined) this.#sums.delete(oldest)
    // Who waits for it is told; it is not to be remembered.
    if (!known) sum.counted.catch(() => this.#sums.delete(client))
    return sum
  }

  async #count(client: string): Promise<number> {
    const prefix = blobFolder(client)
    let sum = 0
    for await (const { size } of pages((page) => this.#store.list({ ...page, prefix }))) sum += size + overheadBytes
    for await (const { size, offset } of pages((page) => this.#store.uploads({ ...page, prefix })))
      sum += (size ?? offset) + overheadBytes
    return sum
  }
}

/** All entries of a list. */
async function* pages<Entry extends { readonly key: string }>(
  list: (page: { readonly after?: string }) => Promise<readonly Entry[]>,
): AsyncGenerator<Entry> {
  for (let after: string | undefined; ; ) {
    const page = await list(after === undefined ? {} : { after })
    yield* page
    after = page.at(-1)?.key
    if (after === undefined) return
  }
}
