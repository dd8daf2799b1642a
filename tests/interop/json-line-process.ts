import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'

const STDERR_LIMIT = 64 * 1024
const GRACE_MS = 2_000

/** One JSON object that travelled as a line. */
export type JsonLine = Readonly<Record<string, unknown>>

/** How long to wait for a line. */
export interface WaitOptions {
  /** Gives up when it aborts. Default: none. */
  readonly signal?: AbortSignal
  /** Gives up after this many milliseconds. Default: 10,000. */
  readonly timeoutMs?: number
}

/** The process to start. */
export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  /** Added to our own environment. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>
  /** Working directory. Default: ours. */
  readonly cwd?: string
}

interface Waiter {
  readonly matches: (line: JsonLine) => boolean
  readonly resolve: (line: JsonLine) => void
  readonly reject: (error: Error) => void
}

/** Whether a value is an object with named members. */
export function isRecord(value: unknown): value is JsonLine {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A child process that takes JSON lines on its stdin and reports JSON lines on its stdout; dispose ends it. */
export class JsonLineProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiters = new Set<Waiter>()
  readonly #exited: Promise<void>
  #lines: JsonLine[] = []
  #stderr = ''
  #end: string | undefined

  constructor({ command, args, env, cwd }: ProcessOptions) {
    this.#child = spawn(command, args, { env: { ...process.env, ...env }, cwd, stdio: 'pipe' })
    this.#child.stdin.on('error', () => {}) // writing to an ended process: its exit is what gets reported
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + stripVTControlCharacters(text)).slice(-STDERR_LIMIT)
    })
    createInterface({ input: this.#child.stdout }).on('line', (text) => this.#receive(text))
    this.#exited = new Promise((resolve) => {
      this.#child.on('error', (error) => this.#finish(`could not run: ${error.message}`, resolve))
      this.#child.on('close', (code, signal) => this.#finish(`ended with ${signal ?? code}`, resolve))
    })
  }

  /** What the process printed to stderr so far, without colours. */
  get stderr(): string {
    return this.#stderr
  }

  /** The lines that arrived and were not taken yet. */
  get lines(): readonly JsonLine[] {
    return this.#lines
  }

  /** Writes one line to the process. */
  send(line: JsonLine): void {
    this.#child.stdin.write(`${JSON.stringify(line)}\n`)
  }

  /** Takes the first line that matches, now or later; rejects when it does not come in time or the process ends. */
  take<Line extends JsonLine>(matches: (line: JsonLine) => line is Line, wait?: WaitOptions): Promise<Line>
  take(matches: (line: JsonLine) => boolean, wait?: WaitOptions): Promise<JsonLine>
  async take(
    matches: (line: JsonLine) => boolean,
    { signal, timeoutMs = 10_000 }: WaitOptions = {},
  ): Promise<JsonLine> {
    const found = this.#lines.find(matches)
    if (found !== undefined) {
      this.#lines = this.#lines.filter((line) => line !== found)
      return found
    }
    if (this.#end !== undefined) throw this.#failure(this.#end)
    const limit = AbortSignal.timeout(timeoutMs)
    return this.#wait(matches, signal === undefined ? limit : AbortSignal.any([limit, signal]))
  }

  /** Ends the process: by closing its stdin, and by force when it is still there two seconds later. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end()
    const force = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS)
    await this.#exited
    clearTimeout(force)
  }

  #wait(matches: (line: JsonLine) => boolean, signal: AbortSignal): Promise<JsonLine> {
    const { promise, resolve, reject } = Promise.withResolvers<JsonLine>()
    const waiter = { matches, resolve, reject }
    const giveUp = () => reject(this.#failure('the awaited line did not come', signal.reason))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    this.#waiters.add(waiter)
    return promise.finally(() => {
      this.#waiters.delete(waiter)
      signal.removeEventListener('abort', giveUp)
    })
  }

  #receive(text: string): void {
    const line: unknown = JSON.parse(text)
    if (!isRecord(line)) throw this.#failure(`printed a line that is not an object: ${text}`)
    const waiter = [...this.#waiters].find(({ matches }) => matches(line))
    if (waiter === undefined) this.#lines.push(line)
    else {
      this.#waiters.delete(waiter)
      waiter.resolve(line)
    }
  }

  #finish(end: string, done: () => void): void {
    this.#end ??= end
    const error = this.#failure(this.#end)
    for (const waiter of this.#waiters) waiter.reject(error)
    done()
  }

  #failure(what: string, cause?: unknown): Error {
    const untaken = this.#lines.map((line) => JSON.stringify(line)).join('\n')
    const command = this.#child.spawnargs.join(' ')
    return new Error(`${command}: ${what}\nlines not taken:\n${untaken}\nstderr:\n${this.#stderr}`, { cause })
  }
}
