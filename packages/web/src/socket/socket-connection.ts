import { PosthouseError } from '@posthouse/core'
import { assertSendableCloseCode } from '@posthouse/core/status'
import { isProblem, type Problem } from '../problem/problem.ts'
import { closeCodeFor, type ErrorFrameFormat } from './error-frame.ts'
import { bytesReader, jsonReader, type MessageReader, type ReadMessage, textReader } from './message-format.ts'
import type { RawMessage, Reader } from './message-queue.ts'
import type { SocketEnd, Wire } from './wire.ts'

/** With what a WebSocket is accepted. */
export interface AcceptOptions {
  /** One of those that the client offered. Default: none is agreed on. */
  readonly subprotocol?: string
  /** More headers of the 101 response, such as `set-cookie`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** How long something may be waited for. */
export interface WaitOptions {
  readonly signal?: AbortSignal
}

/** What a connection works with. */
export interface ConnectionParts<In, Out> {
  /** Answers the opening handshake. */
  readonly open: (options: AcceptOptions, onEnding: () => void) => Wire
  /** The subprotocols that the client offered, in its order. */
  readonly offered: readonly string[]
  readonly read: MessageReader<In>
  /** Turns a message into text or bytes, after a look whether it fits. */
  readonly write: (message: Out) => RawMessage | Promise<RawMessage>
  readonly frame: ErrorFrameFormat
  /** Told of each message that was not taken. */
  readonly onRefused: (problem: Problem) => void
}

/** Somebody who waits for a message. */
interface Waiting<Message> {
  readonly read: MessageReader<Message>
  readonly done: (message: Message) => void
  /** No message will come. */
  readonly over: () => void
  readonly failed: (error: unknown) => void
  readonly signal?: AbortSignal | undefined
}

const over = { done: true, value: undefined } as const

/**
 * One WebSocket, as its handler has it. `In` is what it receives and `Out` what it sends: JSON values that fit the schemas of
 * the endpoint; text and bytes where it has none. A message that does not fit is answered with an error frame, and the
 * next one is waited for.
 */
export class SocketConnection<In = RawMessage, Out = RawMessage> implements AsyncIterable<In>, AsyncDisposable {
  readonly #parts: ConnectionParts<In, Out>
  readonly #ending = new AbortController()
  readonly #ended = Promise.withResolvers<SocketEnd>()
  #wire: Wire | undefined
  #refused = false
  #subprotocol: string | undefined

  constructor(parts: ConnectionParts<In, Out>) {
    this.#parts = parts
  }

  /** The subprotocols that the client offered, in its order. */
  get offered(): readonly string[] {
    return this.#parts.offered
  }

  /** The subprotocol that was agreed on. */
  get subprotocol(): string | undefined {
    return this.#subprotocol
  }

  /** True once it was accepted, also when it has ended since. */
  get accepted(): boolean {
    return this.#wire !== undefined
  }

  /** True from `accept` until a close was asked for or came. */
  get open(): boolean {
    return this.#wire?.open ?? false
  }

  /** Bytes that wait for the peer to read. */
  get queuedBytes(): number {
    return this.#wire?.queuedBytes ?? 0
  }

  /** Aborted when the connection ends or begins to. */
  get signal(): AbortSignal {
    return this.#ending.signal
  }

  /** Resolves when the connection has ended, from either side; for one that was never accepted, with 1006. */
  get closed(): Promise<SocketEnd> {
    return this.#ended.promise
  }

  /**
   * Answers the opening handshake. What the client sends from then on waits until it is received.
   * @throws PosthouseError `wrong_socket_state`, `invalid_option` for a subprotocol that was not offered, `socket_closed`
   */
  async accept(options: AcceptOptions = {}): Promise<void> {
    if (this.#wire !== undefined || this.#refused) {
      throw new PosthouseError('wrong_socket_state', 'This WebSocket was accepted or refused before')
    }
    const { subprotocol } = options
    if (subprotocol !== undefined && !this.offered.includes(subprotocol)) {
      const offered = this.offered.join(', ') || 'none'
      throw new PosthouseError(
        'invalid_option',
        `The client offered ${offered}, and not the subprotocol ${subprotocol}`,
      )
    }
    this.#wire = this.#parts.open(options, () => this.#ending.abort())
    this.#subprotocol = subprotocol
    void this.#wire.closed.then((end) => this.#end(end))
  }

  /**
   * The next message, as the endpoint's schema has it.
   * @throws PosthouseError `socket_closed`, `aborted`, `wrong_socket_state`
   */
  receive({ signal }: WaitOptions = {}): Promise<In> {
    return this.#receive(this.#parts.read, signal)
  }

  /** The next text. Bytes are answered with an error frame. @throws PosthouseError as `receive` */
  receiveText({ signal }: WaitOptions = {}): Promise<string> {
    return this.#receive(textReader, signal)
  }

  /** The next bytes. A text is answered with an error frame. @throws PosthouseError as `receive` */
  receiveBytes({ signal }: WaitOptions = {}): Promise<Uint8Array> {
    return this.#receive(bytesReader, signal)
  }

  /** The value of the next JSON text. Anything else is answered with an error frame. @throws PosthouseError as `receive` */
  receiveJson({ signal }: WaitOptions = {}): Promise<unknown> {
    return this.#receive(jsonReader, signal)
  }

  /**
   * Sends a message of the endpoint's schema. Like all that sends, it resolves when there is room for the next one: whoever
   * awaits it is as fast as the peer.
   * @throws PosthouseError `socket_closed`, `slow_consumer`, `wrong_socket_state`
   */
  send(message: Out): Promise<void> {
    const wire = this.#accepted()
    const raw = this.#parts.write(message)
    return raw instanceof Promise ? raw.then((written) => wire.send(written)) : wire.send(raw)
  }

  /** @throws PosthouseError as `send` */
  sendText(text: string): Promise<void> {
    return this.#accepted().send(text)
  }

  /** @throws PosthouseError as `send` */
  sendBytes(bytes: Uint8Array): Promise<void> {
    return this.#accepted().send(bytes)
  }

  /** @throws PosthouseError as `send`, `invalid_option` for what JSON has no words for */
  sendJson(value: unknown): Promise<void> {
    return this.#accepted().send(jsonText(value))
  }

  /** Tells the peer of a problem with an error frame; the connection goes on. */
  sendProblem(problem: Problem): Promise<void> {
    return this.sendJson(this.#parts.frame(problem))
  }

  /** Asks whether the peer is there; resolves with the milliseconds until its answer. @throws PosthouseError `socket_closed` */
  ping(): Promise<number> {
    return this.#accepted().ping()
  }

  /**
   * Closes, and resolves when the peer has answered or was cut off. A reason longer than 123 bytes is cut. Before `accept` it
   * refuses the WebSocket: the client gets status 403.
   * @throws PosthouseError `invalid_close_code`
   */
  async close(code: number = 1000, reason: string = ''): Promise<void> {
    assertSendableCloseCode(code)
    if (this.#wire === undefined) this.#refused = true
    else await this.#wire.close(code, reason)
  }

  /** Tells the peer of a problem with an error frame, then closes with the code that belongs to it: 4401 for status 401. */
  async fail(problem: Problem): Promise<void> {
    if (!this.open) return
    void this.sendProblem(problem)
    await this.close(closeCodeFor(problem), problem.message)
  }

  /** Cuts the connection at once. */
  terminate(): void {
    this.#wire?.terminate()
    if (this.#wire === undefined) this.#end({ code: 1006, reason: '' })
  }

  /** True for one that was closed before it was accepted. */
  get refused(): boolean {
    return this.#refused
  }

  [Symbol.asyncIterator](): AsyncIterator<In, undefined> {
    const { read } = this.#parts
    return {
      next: () =>
        new Promise((resolve, failed) => {
          const done = (value: In): void => resolve({ done: false, value })
          this.#next({ read, done, over: () => resolve(over), failed })
        }),
      // Whoever leaves the loop early may go on to receive.
      return: () => Promise.resolve(over),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #receive<Message>(read: MessageReader<Message>, signal: AbortSignal | undefined): Promise<Message> {
    return new Promise((resolve, reject) => {
      this.#next({ read, done: resolve, over: () => reject(this.#gone()), failed: reject, signal })
    })
  }

  /** Callbacks, and not promises, as far as there is nothing to wait for: each message goes this way. */
  #next<Message>(waiting: Waiting<Message>): void {
    const { incoming } = this.#accepted()
    const take: Reader = (raw) => {
      if (raw === undefined) waiting.over()
      else this.#judge(waiting.read(raw), waiting)
    }
    if (waiting.signal === undefined) incoming.next(take)
    else incoming.nextUntil(waiting.signal, take, waiting.failed)
  }

  #judge<Message>(judged: ReadMessage<Message> | Promise<ReadMessage<Message>>, waiting: Waiting<Message>): void {
    if (judged instanceof Promise) judged.then((settled) => this.#judge(settled, waiting), waiting.failed)
    else if (isProblem(judged)) void this.#refuse(judged).then(() => this.#next(waiting))
    else waiting.done(judged)
  }

  /** Whoever sends what is refused is not to be answered faster than it reads. */
  async #refuse(problem: Problem): Promise<void> {
    this.#parts.onRefused(problem)
    // A peer that has just left is noticed by the next wait.
    await this.sendProblem(problem).catch(() => undefined)
  }

  #gone(): PosthouseError {
    const { code, reason } = this.#wire?.end ?? { code: 1006, reason: '' }
    return new PosthouseError('socket_closed', `the WebSocket has ended with ${code}${reason && ` (${reason})`}`)
  }

  #accepted(): Wire {
    if (this.#wire !== undefined) return this.#wire
    throw new PosthouseError('wrong_socket_state', 'This WebSocket was not accepted: await socket.accept() first')
  }

  #end(end: SocketEnd): void {
    this.#ended.resolve(end)
    this.#ending.abort()
  }
}

/** @throws PosthouseError `invalid_option` */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  if (typeof text === 'string') return text
  throw new PosthouseError('invalid_option', `A value of type ${typeof value} cannot be sent as JSON`)
}
