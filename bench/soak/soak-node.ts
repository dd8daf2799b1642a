import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../packages/posthouse/bin/posthouse.js', import.meta.url))
const procedures = fileURLToPath(new URL('procedures.ts', import.meta.url))

/** A node of the command, in a process of its own. */
export class SoakNode implements AsyncDisposable {
  readonly #process: ChildProcess
  /** Lines of its log that are warnings or errors. */
  readonly complaints: string[] = []
  url = ''

  private constructor(folder: string, port: number) {
    const words = ['up', '--port', String(port), '--data', folder, '--procedures', procedures, '--log-level', 'warn']
    const args = ['--conditions=@posthouse/source', bin, ...words]
    this.#process = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    })
  }

  /** Starts one, and waits until it listens. */
  static async start(folder: string, port = 0): Promise<SoakNode> {
    const node = new SoakNode(folder, port)
    const { stdout, stderr } = node.#process
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    if (stderr) {
      createInterface({ input: stderr }).on('line', (line) => {
        if (!line.startsWith('draining')) node.complaints.push(line)
      })
    }
    if (stdout) {
      createInterface({ input: stdout }).on('line', (line) => {
        const url = /listening on (ws:\S+?)\.?(\s|$)/.exec(line)?.[1]
        if (url !== undefined) resolve(url)
      })
    }
    node.#process.once('exit', (code) =>
      reject(new Error(`posthouse up ended with ${code}: ${node.complaints.join('\n')}`)),
    )
    node.url = await promise
    return node
  }

  get base(): string {
    return this.url.replace('ws', 'http')
  }

  get port(): number {
    return Number(new URL(this.base).port)
  }

  /** Its metrics without labels, by name. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.base}/metrics`)).text()
    return new Map(
      [...text.matchAll(/^(\w+)(?:\{[^}]*\})? (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
    )
  }

  /** Has it drain, and says how it ended. */
  async drain(): Promise<number | null> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    const [code] = (await ended) as [number | null]
    return code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}
