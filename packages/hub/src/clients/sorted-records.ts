import type { ClientRecord } from './client-record.ts'

/** Changes that are remembered until the records are asked for again. */
const maxChanges = 1000

/**
 * Records in the order of their ids. What came and went since the last question is worked in when the next one comes: among
 * a hundred thousand, sorting them anew for each would let one client that asks again and again hold up all.
 */
export class SortedRecords {
  readonly #records: ReadonlyMap<string, ClientRecord>
  #sorted: readonly ClientRecord[] | undefined
  readonly #added = new Set<ClientRecord>()
  readonly #dropped = new Set<ClientRecord>()

  /** @param records all of them, which the owner changes */
  constructor(records: ReadonlyMap<string, ClientRecord>) {
    this.#records = records
  }

  added(record: ClientRecord): void {
    if (this.#sorted === undefined) return
    this.#added.add(record)
    this.#bound()
  }

  dropped(record: ClientRecord): void {
    if (this.#sorted === undefined || this.#added.delete(record)) return
    this.#dropped.add(record)
    this.#bound()
  }

  all(): readonly ClientRecord[] {
    let sorted = this.#sorted ?? [...this.#records.values()].sort(byId)
    if (this.#dropped.size > 0) sorted = sorted.filter((record) => !this.#dropped.has(record))
    if (this.#added.size > 0) sorted = merged(sorted, [...this.#added].sort(byId))
    this.#settle(sorted)
    return sorted
  }

  #bound(): void {
    if (this.#added.size + this.#dropped.size > maxChanges) this.#settle(undefined)
  }

  #settle(sorted: readonly ClientRecord[] | undefined): void {
    this.#sorted = sorted
    this.#added.clear()
    this.#dropped.clear()
  }
}

/** Both in one order. */
function merged(long: readonly ClientRecord[], short: readonly ClientRecord[]): ClientRecord[] {
  const all: ClientRecord[] = []
  let at = 0
  for (const record of long) {
    for (let next = short[at]; next !== undefined && next.id < record.id; next = short[++at]) all.push(next)
    all.push(record)
  }
  return all.concat(short.slice(at))
}

function byId(a: ClientRecord, b: ClientRecord): number {
  return a.id < b.id ? -1 : 1
}
