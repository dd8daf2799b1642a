import { type FileHandle, open } from 'node:fs/promises'

/** Waits for the disk, once for all who ask at the same time: most of the cost of a small file is this wait. */
export class GroupedSync implements AsyncDisposable {
  readonly #path: string
  #handle: FileHandle | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(path: string) {
    this.#path = path
  }

  /** Resolves when all that was written to the file, or changed in the folder, before the call is on the disk. */
  sync(): Promise<void> {
    if (!this.#running) return this.#begin()
    // One that runs may have begun before the change.
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    )
    return this.#next
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#running, this.#next])
    await this.#handle?.close()
  }

  #begin(): Promise<void> {
    this.#next = undefined
    const run = this.#run()
    this.#running = run
    const over = (): void => {
      if (this.#running === run) this.#running = undefined
    }
    run.then(over, over)
    return run
  }

  async #run(): Promise<void> {
    this.#handle ??= await open(this.#path)
    await this.#handle.sync()
  }
}
