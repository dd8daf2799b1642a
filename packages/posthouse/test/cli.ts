import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bundledCommand } from './bundled-command.ts'

const bin = fileURLToPath(new URL('../bin/posthouse.js', import.meta.url))
/** Without it the command starts Node a second time, with it. */
const condition = '--conditions=@posthouse/source'
/** What loads a program that shares packages with the command, which must not have them twice. */
const loading: ReadonlySet<string> = new Set(['dev', 'serve', 'routes', '--config', '--procedures'])

/** What a command that has ended left behind. */
export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

/** How a command is run. */
export interface CliOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  /** Start it as a user does: unbundled, and without a condition. */
  readonly bare?: boolean
}

function argumentsOf(args: readonly string[], { bare = false }: CliOptions): string[] {
  if (bare) return [bin, ...args]
  return [condition, args.some((arg) => loading.has(arg)) ? bin : bundledCommand(), ...args]
}

/** One run of the command, ended with its owner. */
export class Cli implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: { readonly text: string; readonly stream: 'out' | 'err' }[] = []
  readonly #ended: Promise<Ended>
  #wake: () => void = () => undefined

  private constructor(args: readonly string[], options: CliOptions) {
    const env = { ...process.env, NO_COLOR: '1', ...options.env }
    this.#child = spawn(process.execPath, argumentsOf(args, options), {
      env,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    if (options.input !== undefined) this.#child.stdin.end(options.input)
    for (const [stream, readable] of [
      ['out', this.#child.stdout],
      ['err', this.#child.stderr],
    ] as const) {
      createInterface({ input: readable }).on('line', (text) => {
        this.#lines.push({ text, stream })
        this.#wake()
      })
    }
    this.#ended = once(this.#child, 'close').then(([status]) => {
      this.#wake()
      return { status: typeof status === 'number' ? status : null, out: this.#text('out'), err: this.#text('err') }
    })
  }

  static start(args: readonly string[], options: CliOptions = {}): Cli {
    return new Cli(args, options)
  }

  /** Runs a command to its end. */
  static run(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
    return new Cli(args, { input: '', ...options }).ended()
  }

  /** The first line, or a later one, on either stream, that matches; fails when the command ends without it. */
  async line(pattern: RegExp, nth: number = 1): Promise<string> {
    let over = false
    const end = this.#ended.then(() => {
      over = true
    })
    for (;;) {
      const found = this.#lines.filter(({ text }) => pattern.test(text))[nth - 1]
      if (found !== undefined) return found.text
      if (over) throw new Error(`the command ended without ${pattern}:\n${this.#text('out')}\n${this.#text('err')}`)
      await Promise.race([end, new Promise<void>((resolve) => (this.#wake = resolve))])
    }
  }

  /** Nobody reads what it says on standard error any more. */
  stopReading(): void {
    this.#child.stderr.destroy()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  ended(): Promise<Ended> {
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
    await this.#ended
  }

  #text(stream: 'out' | 'err'): string {
    return this.#lines.flatMap((line) => (line.stream === stream ? [line.text] : [])).join('\n')
  }
}

/** A running `posthouse up` with its address. */
export type UpCli = Cli & { readonly url: string }

/** Starts a hub on a free port and waits until it says where it is. */
export async function startUp(args: readonly string[] = [], options: CliOptions = {}): Promise<UpCli> {
  const cli = Cli.start(['up', '--port', '0', ...args], options)
  const line = await cli.line(/listening on wss?:/)
  const url = /wss?:\/\/\S+?(?=\.\s)/.exec(line)?.[0] ?? ''
  return Object.assign(cli, { url })
}
