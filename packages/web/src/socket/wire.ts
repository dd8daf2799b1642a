import type { Duplex } from 'node:stream'
import { type Clock, PosthouseError, type Timer } from '@posthouse/core'
import { TokenBucket } from '@posthouse/core/policy'
import { assertSendableCloseCode } from '@posthouse/core/status'
import type { WebSocket } from 'ws'
import { closeReason } from './close-reason.ts'
import { Heartbeat } from './heartbeat.ts'
import { MessageQueue, type RawMessage } from './message-queue.ts'
import { shortFrame } from './short-frame.ts'
import type { ResolvedLimits } from './socket-limits.ts'

/** How a WebSocket ended. */
export interface SocketEnd {
  /** 1005 where the peer named none, 1006 where the connection was lost. */
  readonly code: number
  readonly reason: string
}

/** What a wire works with. */
export interface WireParts {
  readonly limits: ResolvedLimits
  readonly clock: Clock
  /** Told once when the connection begins to end: nothing is sent and received any more. */
  readonly onEnding: () => void
}

/** A stream of the network counts its bytes; other streams may not. */
type Counting = Duplex & { readonly bytesRead?: number; readonly bytesWritten?: number }

const sent: Promise<void> = Promise.resolve()

/** The server's end of one open WebSocket: whole messages, with a bound on everything that waits. */
export class Wire {
  readonly #ws: WebSocket
  readonly #stream: Counting
  readonly #limits: ResolvedLimits
  readonly #clock: Clock
  readonly #onEnding: () => void
  readonly #queue: MessageQueue
  readonly #bucket: TokenBucket | undefined
  readonly #heartbeat: Heartbeat
  readonly #ended = Promise.withResolvers<SocketEnd>()
  #messages = 0
  #pinged = 0
  #closing: SocketEnd | undefined
  #over = false
  #draining: PromiseWithResolvers<void> | undefined
  readonly #pings = new Map<string, PromiseWithResolvers<void>>()
  #slowed: Timer | undefined
  #queueFull = false

  constructor(ws: WebSocket, stream: Duplex, { limits, clock, onEnding }: WireParts) {
    this.#ws = ws
    this.#stream = stream
    this.#limits = limits
    this.#clock = clock
    this.#onEnding = onEnding
    this.#queue = new MessageQueue(
      { messages: limits.queueMessages, bytes: limits.queueBytes },
      { onFull: () => this.#full(), onRoom: () => this.#room() },
    )
    this.#bucket = bucketOf(limits, clock)
    ws.on('message', (data, binary) => this.#receive(data as Buffer, binary))
    ws.on('pong', (payload) => this.#pings.get(payload.toString())?.resolve())
    // ws says with a close frame what is wrong with the bytes that came, and then that the connection is over.
    ws.on('error', ({ message }) => this.#end({ code: 1006, reason: message }, false))
    ws.on('close', (code, reason) => this.#closed(code, reason.toString()))
    stream.on('drain', () => this.#drained())
    this.#heartbeat = this.#beat()
  }

  /** True until a close was asked for or came. */
  get open(): boolean {
    return this.#closing === undefined && this.#ws.readyState === this.#ws.OPEN
  }

  /** How it ended, or is about to end. */
  get end(): SocketEnd | undefined {
    return this.#closing
  }

  /** Bytes that wait for the peer to read. */
  get queuedBytes(): number {
    return this.#ws.bufferedAmount
  }

  /** Resolves when the connection has ended, from either side. */
  get closed(): Promise<SocketEnd> {
    return this.#ended.promise
  }

  /** Messages that came and were not received yet. */
  get incoming(): Pick<MessageQueue, 'next' | 'nextUntil'> {
    return this.#queue
  }

  /**
   * Sends a message. Resolves when there is room for the next one, so that a slow reader slows its sender down.
   * @throws PosthouseError `socket_closed`, `slow_consumer`
   */
  send(message: RawMessage): Promise<void> {
    if (!this.open) return failed(this.#gone())
    const frame = shortFrame(message)
    if (frame === undefined) this.#ws.send(message)
    // Without extensions ws keeps nothing back, so this stands in line.
    else this.#stream.write(frame)
    if (!this.#stream.writableNeedDrain) return sent
    if (this.queuedBytes > this.#limits.sendBytes) return failed(this.#tooSlow())
    this.#draining ??= seen(Promise.withResolvers<void>())
    return this.#draining.promise
  }

  /**
   * Asks whether the peer is there, and resolves with the milliseconds until its answer.
   * @throws PosthouseError `socket_closed`
   */
  async ping(): Promise<number> {
    if (!this.open) throw this.#gone()
    const from = this.#clock.elapsed()
    const payload = String(this.#pinged++)
    const answer = Promise.withResolvers<void>()
    this.#pings.set(payload, answer)
    this.#ws.ping(payload)
    try {
      await answer.promise
      return this.#clock.elapsed() - from
    } finally {
      this.#pings.delete(payload)
    }
  }

  /** Closes, and resolves when the peer has answered or was cut off. What it sends from now on is not received. */
  async close(code: number, reason: string): Promise<SocketEnd> {
    assertSendableCloseCode(code)
    this.#shut(code, reason)
    return this.#ended.promise
  }

  /** Cuts the connection at once. */
  terminate(): void {
    this.#end({ code: 1006, reason: '' }, true)
    this.#ws.terminate()
  }

  #shut(code: number, reason: string): void {
    if (!this.open) return
    const text = closeReason(reason)
    this.#end({ code, reason: text }, true)
    this.#ws.close(code, text)
    // The answer to a close comes behind all that was not read yet.
    this.#ws.resume()
  }

  #receive(data: Buffer, binary: boolean): void {
    if (this.#closing !== undefined) return
    this.#messages++
    if (this.#bucket !== undefined) this.#count(this.#bucket)
    this.#queue.push(binary ? data : data.toString())
  }

  #count(bucket: TokenBucket): void {
    const wait = bucket.spend(1)
    if (wait === 0 || this.#slowed !== undefined) return
    if (this.#limits.onExcess === 'close') {
      this.#shut(1008, `more than ${this.#limits.messagesPerSecond} messages a second`)
      return
    }
    this.#ws.pause()
    this.#slowed = this.#clock.after(wait, () => {
      this.#slowed = undefined
      this.#flow()
    })
  }

  #full(): void {
    const { onFullQueue, queueMessages, queueBytes } = this.#limits
    this.#queueFull = true
    if (onFullQueue === 'pause') this.#ws.pause()
    else if (this.#queue.bytes >= queueBytes) this.#shut(1009, `more than ${queueBytes} bytes wait to be received`)
    else this.#shut(1008, `more than ${queueMessages} messages wait to be received`)
  }

  #room(): void {
    this.#queueFull = false
    this.#flow()
  }

  #flow(): void {
    if (this.#slowed === undefined && !this.#queueFull) this.#ws.resume()
  }

  #drained(): void {
    this.#draining?.resolve()
    this.#draining = undefined
  }

  #beat(): Heartbeat {
    return new Heartbeat({
      clock: this.#clock,
      limits: this.#limits,
      received: () => this.#stream.bytesRead ?? this.#messages,
      taken: () => (this.#stream.bytesWritten ?? 0) - this.#stream.writableLength,
      congested: () => this.#stream.writableLength > 0,
      messages: () => this.#messages,
      listening: () => !this.#ws.isPaused,
      ping: () => this.#ws.ping(),
      dead: () => this.terminate(),
      idle: () => this.#shut(4408, `no message for ${this.#limits.idle} ms`),
    })
  }

  /** From now on nothing is sent, and what comes is not received. */
  #end(how: SocketEnd, forget: boolean): void {
    const first = this.#closing === undefined
    this.#closing ??= how
    this.#queue.end(forget)
    this.#heartbeat[Symbol.dispose]()
    this.#slowed?.[Symbol.dispose]()
    this.#draining?.reject(this.#gone())
    this.#draining = undefined
    for (const ping of this.#pings.values()) ping.reject(this.#gone())
    if (first) this.#onEnding()
  }

  #closed(code: number, reason: string): void {
    if (this.#over) return
    this.#over = true
    // A peer that answers our close repeats its code, and one that does not has not changed it.
    const how = this.#closing ?? { code, reason }
    this.#end(how, false)
    this.#ended.resolve(how)
  }

  #tooSlow(): PosthouseError {
    this.#shut(1008, 'output is read too slowly')
    return new PosthouseError('slow_consumer', `more than ${this.#limits.sendBytes} bytes wait for the peer to read`)
  }

  #gone(): PosthouseError {
    const { code, reason } = this.#closing ?? { code: 1006, reason: '' }
    return new PosthouseError('socket_closed', `the WebSocket has ended with ${code}${reason && ` (${reason})`}`)
  }
}

/** Who sends without waiting is not to end the process because the peer has left; who waits hears of it all the same. */
function failed(error: PosthouseError): Promise<void> {
  const { promise, reject } = seen(Promise.withResolvers<void>())
  reject(error)
  return promise
}

function seen(deferred: PromiseWithResolvers<void>): PromiseWithResolvers<void> {
  deferred.promise.catch(() => undefined)
  return deferred
}

function bucketOf({ messagesPerSecond, burst }: ResolvedLimits, clock: Clock): TokenBucket | undefined {
  if (messagesPerSecond === null) return undefined
  return new TokenBucket({ perSecond: messagesPerSecond, ...(burst !== null && { burst }), clock })
}
