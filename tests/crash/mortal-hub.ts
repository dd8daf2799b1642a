import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HubOrder } from './hub-process.ts'
import { type Program, Programs } from './program.ts'

/** A hub that keeps its messages in SQLite, is killed, and comes back in the same folder and on the same port. */
export class MortalHub implements AsyncDisposable {
  readonly #folder: string
  readonly #programs = new Programs('hub-process')
  #program: Program | undefined
  #port = 0

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async start(): Promise<MortalHub> {
    const hub = new MortalHub(await mkdtemp(join(tmpdir(), 'posthouse-crash-')))
    await hub.begin()
    return hub
  }

  /** A path in its folder that is nobody's. */
  path(name: string): string {
    return join(this.#folder, name)
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`
  }

  /** Starts it and resolves when it listens. */
  async begin(): Promise<void> {
    const { port } = await this.rise().hear<{ readonly port: number }>()
    this.#port = port
  }

  /** Starts it and does not wait. */
  rise(): Program {
    const program = this.#programs.next()
    const order: HubOrder = { path: join(this.#folder, 'hub.db'), port: this.#port }
    program.tell(order)
    this.#program = program
    return program
  }

  /** Has it do nothing from now on, although it is there: what is written to it is not read. */
  freeze(): void {
    this.#program?.freeze()
  }

  async kill(): Promise<void> {
    await this.#program?.kill()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.#programs[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
