import { type BlobStore, blobFolder, PosthouseError } from '@posthouse/core'

/** Clients whose sums are remembered; of others they are made anew. */
const mostRemembered = 1000

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

  /** What the client may still keep, in bytes; `Infinity` where there is no limit. */
  async left(client: string): Promise<number> {
    if (this.#most === Number.POSITIVE_INFINITY) return this.#most
    const sum = this.#sumOf(client)
    return Math.max(0, this.#most - (await sum.counted) - sum.changed)
  }

  /**
   * Counts so many more bytes; less than none takes some off.
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
        `${JSON.stringify(client)} may keep ${this.#most} bytes; ${left} are left, and ${bytes} more are wanted`,
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
    for await (const { size } of pages((page) => this.#store.list({ ...page, prefix }))) sum += size
    for await (const { size, offset } of pages((page) => this.#store.uploads({ ...page, prefix })))
      sum += size ?? offset
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
