import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What the store remembers about itself. */
export class Meta {
  readonly #get: StatementSync
  readonly #set: StatementSync

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('select value from meta where key = ?')
    this.#set = database.prepare('insert or replace into meta values(?, ?)')
  }

  /** 0 where nothing was set. */
  number(key: 'seq' | 'log_forgotten'): number {
    return Number(this.#get.get(key)?.value ?? 0)
  }

  text(key: 'epoch'): string | undefined {
    const value = this.#get.get(key)?.value
    return typeof value === 'string' ? value : undefined
  }

  set(key: 'seq' | 'log_forgotten' | 'epoch', value: number | string): void {
    this.#set.run(key, value)
  }
}
