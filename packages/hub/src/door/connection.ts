import type { Writable } from 'node:stream'
import { type Clock, PosthouseError } from '@posthouse/core'
import { closeCodeOf, type Wire } from '@posthouse/protocol'
import type { RawData, WebSocket } from 'ws'
import type { Encoded } from '../routing/outgoing.ts'
import type { Tally } from '../stats/tally.ts'
import type { Flushable, Flusher } from './flusher.ts'

/** Turns the frames of one tick into as few WebSocket messages as the dialect allows. */
export type Packer = (frames: readonly Encoded[]) => readonly Wire[]

/** What a connection tells its owner. */
export interface ConnectionEvents {
  message(data: Uint8Array, binary: boolean): void
  ping(): void
  pong(payload: Uint8Array): void
  /** Too much waits to be read; the connection is about to be closed. */
  overflowed(error: PosthouseError): void
  close(code: number, reason: string): void
}

/** How much output may wait for a peer that reads slowly, in bytes. */
export interface SendQueueLimits {
  /** Above this, live (qos 0) messages are dropped. */
  readonly softBytes: number
  /** Above this, the connection is closed. */
  readonly hardBytes: number
}

/** What a connection needs besides its socket. */
export interface ConnectionOptions {
  readonly clock: Clock
  readonly flusher: Flusher
  readonly sendQueue: SendQueueLimits
  readonly tally: Tally
  /** Address of the peer, for logs. */
  readonly remote: string
  /** Told once when the peer has logged in, or has gone before. */
  readonly onSettled?: () => void
}

const one: Packer = (frames) => frames.map((frame) => frame.wire)
/** Long answers that may wait for one peer. */
const maxStreams = 64
/** How long a peer has to answer our close before its socket is cut. */
const closeTimeoutMs = 2000

/** One live link to a peer. It gathers the output of a tick into one write and bounds what waits for a slow reader. */
export class Connection implements Flushable {
  readonly remote: string
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #flusher: Flusher
  readonly #limits: SendQueueLimits
  readonly #tally: Tally
  #onSettled: (() => void) | undefined
  #events: ConnectionEvents | undefined
  #pack: Packer = one
  #frames: Encoded[] = []
  #frameBytes = 0
  #pingWaits: string | undefined
  /** Long answers, of which the peer has not read enough to be sent the rest. */
  #streams: Iterator<Encoded>[] = []
  #closing = false

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.remote = options.remote
    this.#socket = socket
    this.#clock = options.clock
    this.#flusher = options.flusher
    this.#limits = options.sendQueue
    this.#tally = options.tally
    this.#onSettled = options.onSettled
    socket.on('message', (data, binary) => {
      if (this.#closing) return
      const bytes = toBytes(data)
      this.#tally.socketMessagesReceived++
      this.#tally.socketBytesReceived += bytes.byteLength
      this.#events?.message(bytes, binary)
    })
    socket.on('pong', (payload) => this.#events?.pong(payload))
    // ws answers by itself, and cuts off who does not read the answers.
    socket.on('ping', () => this.#events?.ping())
    netSocketOf(socket)?.on('drain', () => this.#pull())
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()))
    // ws sends the close for an error of its own (a frame that is too large, broken UTF-8).
    socket.on('error', () => this.#cutSoon())
  }

  /** Names who hears of this connection from now on. */
  use(events: ConnectionEvents, pack: Packer = one): void {
    this.#events = events
    this.#pack = pack
  }

  /** The peer has logged in. */
  welcomed(): void {
    this.#onSettled?.()
    this.#onSettled = undefined
  }

  /** True until a close was asked for or came. */
  get open(): boolean {
    return !this.#closing
  }

  /** Bytes that wait for the peer to read. */
  get queuedBytes(): number {
    return this.#frameBytes + this.#socket.bufferedAmount
  }

  /** False while the peer reads too slowly for live messages. */
  get writable(): boolean {
    return !this.#closing && this.queuedBytes < this.#limits.softBytes
  }

  /** True where a frame of this size leaves half of what is kept for a slow reader free. */
  hasRoom(bytes: number): boolean {
    return this.queuedBytes + bytes <= this.#limits.hardBytes / 2
  }

  /** Queues a frame for the end of this tick. Closes the connection where the peer has stopped reading. */
  send(frame: Encoded): void {
    if (this.#closing) return
    const { supersedes } = frame
    if (supersedes !== undefined && this.#frames.at(-1)?.supersedes === supersedes) {
      this.#frameBytes -= this.#frames.pop()?.bytes ?? 0
    }
    this.#frames.push(frame)
    this.#frameBytes += frame.bytes
    this.#flusher.add(this)
    this.#bound()
  }

  /** Sends frames as fast as the peer reads them; each is made when there is room for it. */
  stream(frames: Iterable<Encoded>): void {
    this.#streams.push(frames[Symbol.iterator]())
    if (this.#streams.length > maxStreams) this.#overflow(`${maxStreams} long answers wait to be read`)
    else this.#pull()
  }

  /** Sends a WebSocket ping behind the frames of this tick. */
  ping(payload: string): void {
    if (this.#closing) return
    this.#pingWaits = payload
    this.#flusher.add(this)
  }

  /** Writes what the tick has gathered. */
  flush(): void {
    const frames = this.#frames
    const ping = this.#pingWaits
    this.#tally.framesSent += frames.length
    this.#tally.frameBytesSent += this.#frameBytes
    this.#frames = []
    this.#frameBytes = 0
    this.#pingWaits = undefined
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const stream = netSocketOf(this.#socket)
    stream?.cork()
    for (const wire of this.#pack(frames)) this.#socket.send(wire, { binary: typeof wire !== 'string' })
    if (ping !== undefined) this.#socket.ping(ping)
    stream?.uncork()
    this.#pull()
  }

  /** Closes because of an error: its close code, its message as the reason. */
  fail(error: PosthouseError): void {
    this.close(closeCodeOf(error), error.message)
  }

  /** Says what is queued, then closes; cuts the socket where the peer does not answer. */
  close(code: number, reason: string): void {
    if (this.#closing) return
    this.flush()
    this.#socket.close(code, shortened(reason))
    this.#cutSoon()
  }

  /** Stops reading for a while: TCP slows the peer down. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads on. */
  resume(): void {
    this.#socket.resume()
  }

  /** Cuts the socket at once. */
  terminate(): void {
    this.#socket.terminate()
  }

  #bound(): void {
    if (this.#closing || this.queuedBytes <= this.#limits.hardBytes) return
    this.#overflow(`${this.queuedBytes} bytes wait to be read; at most ${this.#limits.hardBytes} are kept`)
  }

  #pull(): void {
    for (let [first] = this.#streams; first !== undefined && this.writable; [first] = this.#streams) {
      const next = first.next()
      if (next.done === true) this.#streams.shift()
      else this.send(next.value)
    }
  }

  #overflow(message: string): void {
    const error = new PosthouseError('slow_consumer', message)
    this.#events?.overflowed(error)
    this.fail(error)
  }

  #cutSoon(): void {
    if (this.#closing) return
    this.#closing = true
    const timer = this.#clock.after(closeTimeoutMs, () => this.#socket.terminate())
    this.#socket.once('close', () => timer[Symbol.dispose]())
  }

  #closed(code: number, reason: string): void {
    this.#closing = true
    this.#streams = []
    this.#frames = []
    this.#frameBytes = 0
    this.#tally.disconnected(code)
    this.welcomed()
    const events = this.#events
    this.#events = undefined
    events?.close(code, reason)
  }
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}

/**
 * ws keeps its TCP socket in a field that its types do not name. Corking it saves a system call for each message, and its
 * `drain` tells when the peer has read what waited.
 */
function netSocketOf(socket: WebSocket): Writable | undefined {
  const { _socket: stream } = socket as WebSocket & { _socket?: Writable | null }
  return stream ?? undefined
}

/** A close reason has at most 123 bytes of UTF-8 (RFC 6455, section 5.5). */
function shortened(reason: string): string {
  if (Buffer.byteLength(reason) <= 123) return reason
  return `${Buffer.from(reason)
    .subarray(0, 119)
    .toString()
    .replace(/\uFFFD+$/, '')}…`
}
