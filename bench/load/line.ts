import { connect, type Socket } from 'node:net'
import type { Language, Step } from './language.ts'
import { FrameWalker } from './web-socket.ts'

/** All lines of this process read into it: what it holds is used up before the next read. */
const shared = Buffer.allocUnsafe(256 * 1024)

/** What is to be known of a peer before it can be spoken to. */
type Manners = Pick<Language, 'webSocket' | 'greet'>

/** One raw TCP connection to a peer, logged in. */
export class Line {
  /** Told of what came, in a buffer that is used again. */
  onBytes: (chunk: Buffer) => void = () => undefined
  readonly #socket: Socket
  readonly #walker: FrameWalker | undefined
  #error: string | undefined
  #greeted = false
  #ended = false

  private constructor(port: number, language: Manners) {
    this.#walker = language.webSocket ? new FrameWalker() : undefined
    const callback = (bytes: number): boolean => {
      const chunk = shared.subarray(0, bytes)
      if (this.#greeted) this.#walker?.take(chunk)
      this.onBytes(chunk)
      return true
    }
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: shared, callback } })
    this.#socket.on('error', (error) => this.#fail(error.message))
    this.#socket.on('close', () => this.#fail('the server has closed the connection'))
  }

  /** Connects and logs in as `client`. */
  static async open(port: number, language: Manners, client: string): Promise<Line> {
    const line = new Line(port, language)
    for (const step of language.greet(client)) await line.#take(step)
    line.#greeted = true
    return line
  }

  /** What has gone wrong, if anything. */
  get error(): string | undefined {
    return this.#error ?? this.#walker?.error
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  /** Reads no more: the peer's output fills up. */
  pause(): void {
    this.#socket.pause()
  }

  /** Cuts the connection in a way that leaves no port behind in a waiting state. */
  close(): void {
    this.#ended = true
    this.#socket.resetAndDestroy()
  }

  async #take({ say, until }: Step): Promise<void> {
    if (say.length > 0) this.#socket.write(say)
    let heard = ''
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${JSON.stringify(until)} came, but: ${heard}`)), 20_000)
      this.onBytes = (chunk) => {
        heard += chunk.toString('latin1')
        if (!heard.includes(until)) return
        clearTimeout(timer)
        resolve()
      }
    })
    this.onBytes = () => undefined
  }

  #fail(error: string): void {
    if (!this.#ended) this.#error ??= error
  }
}
