import type { InboxStore, RecordChange } from '@posthouse/core'

/** The kind of the records that keep who may fetch which file. */
const grantRecords = 'file'

/** What grants need. */
export interface FileGrantsOptions {
  readonly store: Pick<InboxStore, 'records'>
  readonly clock: { now(): number }
  readonly write: (change: RecordChange) => void
  /** How long one lasts, in milliseconds. */
  readonly keepMs: number
  /** How many there may be; beyond them the oldest go. */
  readonly most: number
}

/**
 * Which addresses may fetch which files, because a message told them of these. What is granted for a folder, whose key ends
 * with `/`, holds for all that lies in it and for the manifest beside it.
 */
export class FileGrants {
  readonly #options: FileGrantsOptions
  /** When each was given, by key and address; the oldest first. */
  readonly #given = new Map<string, number>()
  readonly #addresses = new Map<string, Set<string>>()

  constructor(options: FileGrantsOptions) {
    this.#options = options
  }

  /** Reads what earlier runs have left. */
  async load(): Promise<void> {
    const found = (await this.#options.store.records(grantRecords)).map(
      ({ key, value }) => [key, Number(value)] as const,
    )
    for (const [name, at] of found.sort(([, a], [, b]) => a - b)) this.#put(name, at)
    this.sweep()
  }

  get size(): number {
    return this.#given.size
  }

  /** Lets whoever is at `address` fetch the file of `key`. */
  grant(key: string, address: string): void {
    const name = `${key}\n${address}`
    const at = this.#options.clock.now()
    this.#put(name, at)
    this.#options.write({ kind: grantRecords, key: name, value: at })
    this.sweep()
  }

  /** True where the file was granted to an address that `means` the one who asks. */
  has(key: string, means: (address: string) => boolean): boolean {
    this.sweep()
    for (const each of keysOver(key)) {
      for (const address of this.#addresses.get(each) ?? []) if (means(address)) return true
    }
    return false
  }

  /** Forgets those that have had their time, and those that are too many. */
  sweep(): void {
    const { clock, keepMs, most } = this.#options
    const before = clock.now() - keepMs
    for (const [name, at] of this.#given) {
      if (at >= before && this.#given.size <= most) return
      this.#drop(name)
      this.#options.write({ kind: grantRecords, key: name, value: undefined })
    }
  }

  #put(name: string, at: number): void {
    const [key, address] = partsOf(name)
    this.#given.delete(name)
    this.#given.set(name, at)
    const known = this.#addresses.get(key)
    if (known) known.add(address)
    else this.#addresses.set(key, new Set([address]))
  }

  #drop(name: string): void {
    const [key, address] = partsOf(name)
    this.#given.delete(name)
    const known = this.#addresses.get(key)
    known?.delete(address)
    if (known?.size === 0) this.#addresses.delete(key)
  }
}

/** Neither keys nor addresses have line breaks. */
function partsOf(name: string): readonly [string, string] {
  const end = name.indexOf('\n')
  return [name.slice(0, end), name.slice(end + 1)]
}

/** The key itself, that of the folder whose manifest it may be, and those of the folders around it. */
function* keysOver(key: string): Generator<string> {
  yield key
  if (key.endsWith('.json')) yield `${key.slice(0, -5)}/`
  for (let end = key.indexOf('/'); end >= 0; end = key.indexOf('/', end + 1)) yield key.slice(0, end + 1)
}
