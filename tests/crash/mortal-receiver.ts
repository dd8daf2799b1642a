import { createInterface } from 'node:readline'
import { Programs } from './program.ts'
import type { ReceiverOrder, ReceiverTask } from './receiver-process.ts'

/** A client in a process of its own, which is killed and comes back under the same id. */
export class MortalReceiver implements AsyncDisposable {
  /** What its handler has said, one list for each life. */
  readonly lives: string[][] = []
  readonly #programs = new Programs('receiver-process')
  readonly #order: ReceiverOrder
  readonly #watchers = new Set<() => void>()
  #program: ReturnType<Programs['next']> | undefined
  #read: Promise<void> = Promise.resolve()

  constructor(order: ReceiverOrder) {
    this.#order = order
  }

  /** Begins a life and resolves when it is connected. */
  async begin(): Promise<void> {
    const program = this.#programs.next()
    const life: string[] = []
    this.#program = program
    this.lives.push(life)
    this.#read = this.#follow(program.output, life)
    program.tell(this.#order)
    await this.says('online')
  }

  /** Resolves when this life has said so. */
  async says(line: string): Promise<void> {
    await this.until(() => this.lives.at(-1)?.includes(line) === true)
  }

  /** The messages that each life has begun to handle. */
  get begun(): readonly (readonly string[])[] {
    const opening = 'begins '
    return this.lives.map((life) => {
      return life.filter((line) => line.startsWith(opening)).map((line) => line.slice(opening.length))
    })
  }

  /** Resolves when it is so; it is looked at whenever something was said. */
  async until(reached: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const watcher = (): void => {
      if (reached()) resolve()
    }
    this.#watchers.add(watcher)
    watcher()
    await promise
    this.#watchers.delete(watcher)
  }

  /** Resolves when the hub has all acknowledgements that this life has made. */
  async settle(): Promise<void> {
    const settled = this.says('settled')
    this.#tell('settle')
    await settled
  }

  /** Has a handler that waits come to its end. */
  release(): void {
    this.#tell('release')
  }

  /** Kills it, and resolves when all that it has said was read. */
  async kill(): Promise<void> {
    await this.#program?.kill()
    await this.#read
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.#programs[Symbol.asyncDispose]()
  }

  #tell(task: ReceiverTask['task']): void {
    this.#program?.tell({ task } satisfies ReceiverTask)
  }

  async #follow(output: NodeJS.ReadableStream, life: string[]): Promise<void> {
    for await (const line of createInterface({ input: output })) {
      life.push(line)
      for (const watcher of [...this.#watchers]) watcher()
    }
  }
}
