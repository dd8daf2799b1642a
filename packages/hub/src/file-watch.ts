import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'
import { systemClock, type Timer } from '@posthouse/core'

/** Programs write files in several steps: it must have been quiet for so long, in milliseconds. */
const quietMs = 100
/** In a folder where it is never quiet, a change is told after so long, in milliseconds. */
const patienceMs = 2000

/**
 * Has `onChange` called some time after anything has changed in the folders of these files. Watching the folders sees
 * files that are replaced, and mounted secrets, whose folder is swapped behind a link. Where folders cannot be watched,
 * `onFail` is told once, and nothing more comes. Dispose ends it.
 */
export class FileWatch implements Disposable {
  readonly #watchers: FSWatcher[] = []
  readonly #onChange: () => void
  readonly #onFail: (error: unknown) => void
  #timer: Timer | undefined
  #changedAt: number | undefined

  constructor(files: readonly string[], onChange: () => void, onFail: (error: unknown) => void) {
    this.#onChange = onChange
    this.#onFail = onFail
    try {
      for (const folder of new Set(files.map((file) => dirname(file)))) {
        const watcher = watch(folder, { persistent: false }, () => this.#changed())
        watcher.on('error', (error) => this.#fail(error))
        this.#watchers.push(watcher)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    for (const watcher of this.#watchers.splice(0)) watcher.close()
  }

  #changed(): void {
    const now = systemClock.elapsed()
    this.#changedAt ??= now
    this.#timer?.[Symbol.dispose]()
    const waitMs = Math.min(quietMs, this.#changedAt + patienceMs - now)
    this.#timer = systemClock.after(Math.max(0, waitMs), () => this.#tell()).unref()
  }

  #tell(): void {
    this.#timer = undefined
    this.#changedAt = undefined
    this.#onChange()
  }

  #fail(error: unknown): void {
    this[Symbol.dispose]()
    this.#onFail(error)
  }
}
