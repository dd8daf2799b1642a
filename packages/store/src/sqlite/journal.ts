import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The table `journal`: one row for each commit that has not been settled. */
export class Journal {
  readonly #insert: StatementSync
  readonly #rows: StatementSync
  readonly #delete: StatementSync
  /** The bytes of each row, oldest first. */
  #sizes: number[] = []
  #head = 0
  #last = 0
  #bytes = 0

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare('insert into journal values(?, ?)')
    this.#rows = database.prepare('select batch, data from journal order by batch')
    this.#delete = database.prepare('delete from journal where batch <= ?')
  }

  /** The number of the newest row. */
  get last(): number {
    return this.#last
  }

  /** How many rows there are. */
  get length(): number {
    return this.#sizes.length - this.#head
  }

  /** What all rows take, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  append(row: Uint8Array): void {
    this.#insert.run(this.#last + 1, row)
    this.#count(this.#last + 1, row.byteLength)
  }

  /** Hands out all rows, oldest first, and begins to count anew. */
  *rows(): Generator<Uint8Array> {
    this.#sizes = []
    this.#head = 0
    this.#bytes = 0
    for (const { batch, data } of this.#rows.iterate()) {
      if (!(data instanceof Uint8Array)) continue
      this.#count(Number(batch), data.byteLength)
      yield data
    }
  }

  /** Deletes up to `limit` of the oldest rows, none newer than `through`. @returns whether older ones are left */
  deleteOldest(through: number, limit: number): boolean {
    const first = this.#last - this.length + 1
    const end = Math.min(through, first + limit - 1)
    if (end < first) return false
    this.#delete.run(end)
    for (let batch = first; batch <= end; batch++) this.#bytes -= this.#sizes[this.#head++] ?? 0
    if (this.#head * 2 > this.#sizes.length) {
      this.#sizes = this.#sizes.slice(this.#head)
      this.#head = 0
    }
    return end < through
  }

  #count(batch: number, bytes: number): void {
    this.#last = batch
    this.#sizes.push(bytes)
    this.#bytes += bytes
  }
}
