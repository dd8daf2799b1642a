import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { RecordEntry } from '@posthouse/core'
import { Backlog, type Settling } from './backlog.ts'

interface Change {
  readonly kind: string
  readonly key: string
  /** JSON text; undefined removes the record. */
  readonly text: string | undefined
}

/** Records by kind and key: in memory only what changed since it was settled. */
export class Records implements Settling {
  readonly #insert: StatementSync
  readonly #delete: StatementSync
  readonly #list: StatementSync
  /** By kind and key as one text. */
  readonly #changed = new Backlog<string, Change>()

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare('insert or replace into record values(?, ?, ?)')
    this.#delete = database.prepare('delete from record where kind = ? and key = ?')
    this.#list = database.prepare('select key, value from record where kind = ? and key >= ? order by key')
  }

  change(kind: string, key: string, text: string | undefined): void {
    this.#changed.set(JSON.stringify([kind, key]), { kind, key, text })
  }

  list(kind: string, prefix: string): RecordEntry[] {
    const found = new Map<string, string>()
    for (const row of this.#list.iterate(kind, prefix)) {
      const key = String(row.key)
      if (!key.startsWith(prefix)) break
      found.set(key, String(row.value))
    }
    for (const change of this.#changed.values()) {
      if (change.kind !== kind || !change.key.startsWith(prefix)) continue
      if (change.text === undefined) found.delete(change.key)
      else found.set(change.key, change.text)
    }
    // SQLite orders by UTF-8, which is not quite the order of UTF-16.
    const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
    return sorted.map(([key, text]): RecordEntry => ({ key, value: JSON.parse(text) }))
  }

  begin(): void {
    this.#changed.begin()
  }

  step(): boolean {
    const next = this.#changed.next()
    if (next === undefined) return false
    const { key: name, value } = next
    const { kind, key, text } = value
    if (text === undefined) this.#delete.run(kind, key)
    else this.#insert.run(kind, key, text)
    this.#changed.done(name)
    return this.#changed.open
  }
}
