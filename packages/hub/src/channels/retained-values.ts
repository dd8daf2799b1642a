import { envelopeBytes, type InboxStore, type StoredEnvelope } from '@posthouse/core'

/** Bytes that are read at once, about. */
const pageBytes = 256 * 1024
const firstPageSize = 4
const mostPageSize = 256

/** What the values that channels retain are read with. */
export interface RetainedValuesOptions {
  readonly store: Pick<InboxStore, 'retained'>
  /** The addresses that have one. Default: none. */
  readonly addresses?: readonly string[]
  /** Those behind this position are left out. */
  readonly upTo: number
}

/** The values that channels retained when one subscribed. They are read when they can be written: they may be many and large. */
export class RetainedValues {
  readonly #options: Required<RetainedValuesOptions>

  constructor({ addresses = [], ...options }: RetainedValuesOptions) {
    this.#options = { addresses, ...options }
  }

  get empty(): boolean {
    return this.#options.addresses.length === 0
  }

  /** All of them, in the order of their positions, a few at a time. */
  async *pages(): AsyncIterable<readonly StoredEnvelope[]> {
    const { store, addresses, upTo } = this.#options
    let size = firstPageSize
    for (let at = 0; at < addresses.length; ) {
      const wanted = new Set(addresses.slice(at, at + size))
      at += size
      const page = await store.retained((to) => wanted.has(to))
      yield page.filter(({ seq }) => seq <= upTo)
      size = nextSize(page)
    }
  }
}

function nextSize(page: readonly StoredEnvelope[]): number {
  const bytes = page.reduce((sum, { envelope }) => sum + envelopeBytes(envelope), 0)
  if (bytes === 0) return mostPageSize
  return Math.max(1, Math.min(mostPageSize, Math.floor((pageBytes * page.length) / bytes)))
}
