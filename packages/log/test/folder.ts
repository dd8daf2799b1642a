import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that is gone when it is disposed of. */
export interface Folder extends Disposable {
  readonly path: string
  /** The path of a file in it. */
  file(name: string): string
  /** What is in it, sorted, without the hidden files of locks. */
  names(): string[]
  read(name: string): string
  lines(name: string): string[]
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'posthouse-log-'))
  const file = (name: string): string => join(path, name)
  const read = (name: string): string => readFileSync(file(name), 'utf8')
  return {
    path,
    file,
    read,
    names: () =>
      readdirSync(path)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    lines: (name) => read(name).split('\n').slice(0, -1),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
