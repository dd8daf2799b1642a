import { DatabaseSync } from 'node:sqlite'

/**
 * Takes a lock that other processes respect and that the system takes back however its holder ends: an exclusive
 * transaction on an empty SQLite database. Nothing where another has it.
 */
export function takeLock(path: string): Disposable | undefined {
  const database = new DatabaseSync(path)
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
  return { [Symbol.dispose]: () => database.close() }
}

function isBusy(error: unknown): boolean {
  const busy = 5
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === busy
}
