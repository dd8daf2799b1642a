import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundledPrograms } from './bundle.ts'

/** A program of this folder in a process of its own. It is loaded at once, and begins when it is told to. */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess

  /** @param name of a file of this folder */
  constructor(name: string) {
    const folder = bundledPrograms()
    this.#process = fork(join(folder, `${name}.js`), {
      execArgv: [],
      // Each kill has a process begin anew: what was compiled once is kept.
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
  }

  /** What it writes. */
  get output(): NonNullable<ChildProcess['stdout']> {
    const { stdout } = this.#process
    if (stdout === null) throw new Error('its output is a pipe')
    return stdout
  }

  /** Tells it something. */
  tell(what: object): void {
    this.#process.send(what)
  }

  /** Resolves with what it says next; rejects where it ends before. */
  async hear<Word>(): Promise<Word> {
    const gone = new AbortController()
    const ended = (): void => gone.abort(new Error('a process has ended before its time'))
    this.#process.once('exit', ended)
    try {
      const [word] = (await once(this.#process, 'message', { signal: gone.signal })) as [Word]
      return word
    } finally {
      this.#process.off('exit', ended)
    }
  }

  /** Stops it until it is killed. */
  freeze(): void {
    this.#process.kill('SIGSTOP')
  }

  /** Ends it as `kill -9` does, and resolves when it is no more. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

/** Always has the next process of a program loaded, so that one that was killed is followed at once. */
export class Programs implements AsyncDisposable {
  readonly #name: string
  #spare: Program

  /** @param name of a file of this folder */
  constructor(name: string) {
    this.#name = name
    this.#spare = new Program(name)
  }

  /** The process that is ready; the next one begins to load. */
  next(): Program {
    const ready = this.#spare
    this.#spare = new Program(this.#name)
    return ready
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare.kill()
  }
}
