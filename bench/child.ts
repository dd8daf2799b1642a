import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How a child is started. */
export interface ChildOptions {
  /** Where it shall leave a profile of its processor time. */
  readonly profileTo?: string | undefined
  /** What stands on its command line. */
  readonly args?: readonly string[]
  /** What Node is told beside what this process was. */
  readonly execArgv?: readonly string[]
}

/** A Node process of ours that answers each message with one of its own. */
export class Child {
  readonly #process: ChildProcess

  /** @param file of this folder */
  constructor(file: string, { profileTo, args = [], execArgv = [] }: ChildOptions = {}) {
    const profile = profileTo === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileTo}`]
    const path = fileURLToPath(new URL(file, import.meta.url))
    this.#process = fork(path, args, { execArgv: [...process.execArgv, ...execArgv, ...profile] })
  }

  /** Says something, where there is something to say, and waits for what it says next. */
  async ask<Reply>(message?: object): Promise<Reply> {
    const gone = new AbortController()
    const exited = (code: number | null): void => gone.abort(new Error(`a process of the run has ended with ${code}`))
    this.#process.once('exit', exited)
    try {
      const reply = once(this.#process, 'message', { signal: gone.signal })
      if (message !== undefined) this.#process.send(message)
      const [answer] = (await reply) as [Reply]
      return answer
    } finally {
      this.#process.off('exit', exited)
    }
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }

  /** Lets go of it; it ends by itself. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 10_000)
    await exit
    clearTimeout(timer)
  }
}
