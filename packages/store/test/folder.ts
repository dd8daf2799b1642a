import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is gone when it is disposed of. */
export interface Folder extends Disposable {
  /** The path of a database in it. */
  readonly database: string
  /** A copy of the database at `path` as a process that is killed now would leave it. */
  killed(path: string): string
}

export function temporaryFolder(): Folder {
  const folder = mkdtempSync(join(tmpdir(), 'posthouse-store-'))
  const database = join(folder, 'posthouse.db')
  let copies = 0
  return {
    database,
    killed: (path) => {
      const copy = join(folder, `copy-${++copies}.db`)
      for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix)
      return copy
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
