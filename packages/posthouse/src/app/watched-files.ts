import { type FSWatcher, statSync, watch } from 'node:fs'
import { dirname, join } from 'node:path'

/** Editors write in several steps: it must have been quiet for so long, in milliseconds. */
const quietMs = 150

/**
 * Tells once when one of many files has another content. Their folders are watched: a file that an editor has replaced by another one
 * of its name is not the file any more that could be watched (Node's own watcher does not see the next change of it).
 */
export class WatchedFiles implements Disposable {
  readonly #stamps = new Map<string, string>()
  readonly #folders = new Map<string, FSWatcher | undefined>()
  readonly #onChange: (path: string) => void
  #timer: NodeJS.Timeout | undefined

  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange
  }

  /** Looks at one more. */
  add(path: string): void {
    if (this.#stamps.has(path)) return
    this.#stamps.set(path, stampOf(path))
    const folder = dirname(path)
    if (this.#folders.has(folder)) return
    this.#folders.set(folder, this.#watch(folder))
  }

  /** From now on they are as they should be. */
  forget(): void {
    clearTimeout(this.#timer)
    this.#stamps.clear()
  }

  [Symbol.dispose](): void {
    this.forget()
    for (const watcher of this.#folders.values()) watcher?.close()
    this.#folders.clear()
  }

  /** Nothing where a folder cannot be watched: then only the others are. */
  #watch(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || this.#stamps.has(join(folder, name))) this.#look()
      })
      watcher.on('error', () => watcher.close())
      return watcher
    } catch {
      return undefined
    }
  }

  #look(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      for (const [path, stamp] of this.#stamps) {
        const now = stampOf(path)
        // What is not there at the moment is about to be.
        if (now === stamp || now === '') continue
        this.forget()
        this.#onChange(path)
        return
      }
    }, quietMs)
  }
}

function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.mtimeMs} ${found.size} ${found.ino}`
}
