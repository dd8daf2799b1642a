import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What a probe writes: more than is left in pages that are begun. */
const probeBytes = 65_536

/** What the store remembers about itself. */
export class Meta {
  readonly #get: StatementSync
  readonly #set: StatementSync
  readonly #delete: StatementSync

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('select value from meta where key = ?')
    this.#set = database.prepare('insert or replace into meta values(?, ?)')
    this.#delete = database.prepare('delete from meta where key = ?')
  }

  /** 0 where nothing was set. */
  number(key: 'seq' | 'log_forgotten'): number {
    return Number(this.#get.get(key)?.value ?? 0)
  }

  text(key: 'epoch'): string | undefined {
    const value = this.#get.get(key)?.value
    return typeof value === 'string' ? value : undefined
  }

  /** Writes a little and takes it back: where the disk takes nothing, this fails as a commit would. */
  probe(): void {
    this.#set.run('probe', new Uint8Array(probeBytes))
    this.#delete.run('probe')
  }

  set(key: 'seq' | 'log_forgotten' | 'epoch', value: number | string): void {
    this.#set.run(key, value)
  }
}
