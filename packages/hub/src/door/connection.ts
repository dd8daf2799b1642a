import { PosthouseError, type Timer } from '@posthouse/core'
import { closeCodeOf, type Dialect } from '@posthouse/protocol'
import type { Encoded } from '../routing/encoded.ts'
import type { Tally } from '../stats/tally.ts'
import type { Flushable, Flusher } from './flusher.ts'
import type { HeldClock } from './held-clock.ts'
import type { HubSocket, SocketListener } from './hub-socket.ts'
import type { Packer } from './packer.ts'
import type { Packers } from './packers.ts'

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

/** What the connections of a hub have in common. */
export interface ConnectionOptions {
  readonly clock: HeldClock
  readonly flusher: Flusher
  readonly sendQueue: SendQueueLimits
  readonly tally: Tally
  readonly packers: Packers
  /** Told when a connection is gone. */
  readonly onClose: (connection: Connection) => void
}

/** Long answers that may wait for one peer. */
const maxStreams = 64
/** How long a peer has to answer our close before its socket is cut. */
const closeTimeoutMs = 2000

/** One live link to a peer. It gathers the output of a tick into one write and bounds what waits for a slow reader. */
export class Connection implements Flushable, SocketListener {
  /** Address of the peer, for logs. */
  readonly remote: string
  readonly #socket: HubSocket
  readonly #options: ConnectionOptions
  #events: ConnectionEvents | undefined
  #packer: Packer
  #onSettled: (() => void) | undefined
  #frames: Encoded[] = []
  #frameBytes = 0
  #pingWaits: string | undefined
  #flushWaits = false
  /** Long answers, of which the peer has not read enough to be sent the rest. */
  #streams: Iterator<Encoded>[] | undefined
  #closing = false
  #cutting: Timer | undefined

  /** @param onSettled told once when the peer has logged in, or has gone before */
  constructor(socket: HubSocket, options: ConnectionOptions, remote: string, onSettled?: () => void) {
    this.remote = remote
    this.#socket = socket
    this.#options = options
    this.#packer = options.packers.cross_comm
    this.#onSettled = onSettled
    socket.use(this)
  }

  /** Names who hears of this connection from now on, and in which dialect its frames become WebSocket messages. */
  use(events: ConnectionEvents, dialect: Dialect = 'cross_comm'): void {
    this.#events = events
    this.#packer = this.#options.packers[dialect]
  }

  /** The peer has logged in. */
  welcomed(): void {
    this.trust()
    this.#onSettled?.()
    this.#onSettled = undefined
  }

  /** The peer may be here: messages of full length are read from it. */
  trust(): void {
    this.#socket.trust()
  }

  /** True until a close was asked for or came. */
  get open(): boolean {
    return !this.#closing
  }

  /** Bytes that wait for the peer to read. */
  get queuedBytes(): number {
    return this.#frameBytes + this.#socket.queuedBytes
  }

  /** False while the peer reads too slowly for live messages. */
  get writable(): boolean {
    return !this.#closing && this.queuedBytes < this.#options.sendQueue.softBytes
  }

  /** True where a frame of this size leaves half of what is kept for a slow reader free. */
  hasRoom(bytes: number): boolean {
    return this.queuedBytes + bytes <= this.#options.sendQueue.hardBytes / 2
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
    this.#flushSoon()
    this.#bound()
  }

  /** Writes now where so many frames wait for the end of this tick. */
  flushFrom(frames: number): void {
    if (this.#frames.length >= frames) this.flush()
  }

  /** Sends frames as fast as the peer reads them; each is made when there is room for it. */
  stream(frames: Iterable<Encoded>): void {
    this.#streams ??= []
    this.#streams.push(frames[Symbol.iterator]())
    if (this.#streams.length > maxStreams) this.#overflow(`${maxStreams} long answers wait to be read`)
    else this.#pull(this.#streams)
  }

  /** Sends a WebSocket ping behind the frames of this tick. */
  ping(payload: string): void {
    if (this.#closing) return
    this.#pingWaits = payload
    this.#flushSoon()
  }

  /** Writes what the tick has gathered. */
  flush(): void {
    this.#flushWaits = false
    const frames = this.#frames
    const ping = this.#pingWaits
    if (frames.length > 0) {
      const { tally } = this.#options
      tally.framesSent += frames.length
      tally.frameBytesSent += this.#frameBytes
      this.#frames = []
      this.#frameBytes = 0
      this.#socket.write(this.#packer.pack(frames))
    }
    if (ping !== undefined) {
      this.#pingWaits = undefined
      this.#socket.writePing(ping)
    }
    if (this.#streams !== undefined) this.#pull(this.#streams)
  }

  /** Closes because of an error: its close code, its message as the reason. */
  fail(error: PosthouseError): void {
    this.close(closeCodeOf(error), error.message)
  }

  /** Says what is queued, then closes; cuts the socket where the peer does not answer. */
  close(code: number, reason: string): void {
    if (this.#closing) return
    this.flush()
    this.#socket.close(code, reason)
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

  onChunk(): void {
    this.#options.clock.hold()
  }

  onChunkEnd(): void {
    this.#options.clock.release()
  }

  onMessage(data: Uint8Array, binary: boolean): void {
    if (this.#closing) return
    const { tally } = this.#options
    tally.socketMessagesReceived++
    tally.socketBytesReceived += data.byteLength
    this.#events?.message(data, binary)
  }

  onPing(): void {
    this.#events?.ping()
  }

  onPong(payload: Uint8Array): void {
    this.#events?.pong(payload)
  }

  onDrain(): void {
    if (this.#streams !== undefined) this.#pull(this.#streams)
  }

  onEnding(): void {
    this.#cutSoon()
  }

  onClose(code: number, reason: string): void {
    this.#closing = true
    this.#cutting?.[Symbol.dispose]()
    this.#streams = undefined
    this.#frames = []
    this.#frameBytes = 0
    this.#options.tally.disconnected(code)
    this.welcomed()
    const events = this.#events
    this.#events = undefined
    events?.close(code, reason)
    this.#options.onClose(this)
  }

  #flushSoon(): void {
    if (this.#flushWaits) return
    this.#flushWaits = true
    this.#options.flusher.add(this)
  }

  #bound(): void {
    if (this.#closing || this.queuedBytes <= this.#options.sendQueue.hardBytes) return
    this.#overflow(`${this.queuedBytes} bytes wait to be read; at most ${this.#options.sendQueue.hardBytes} are kept`)
  }

  /** Where the socket holds less than would have it tell when it is empty, nobody would come back for the rest. */
  get #mayPull(): boolean {
    return this.writable || (!this.#closing && this.#frameBytes === 0 && !this.#socket.congested)
  }

  #pull(streams: Iterator<Encoded>[]): void {
    for (let [first] = streams; first !== undefined && this.#mayPull; [first] = streams) {
      const next = first.next()
      if (next.done === true) streams.shift()
      else this.send(next.value)
    }
    if (streams.length === 0) this.#streams = undefined
  }

  #overflow(message: string): void {
    const error = new PosthouseError('slow_consumer', message)
    this.#events?.overflowed(error)
    this.fail(error)
  }

  #cutSoon(): void {
    if (this.#closing) return
    this.#closing = true
    this.#cutting = this.#options.clock.after(closeTimeoutMs, () => this.#socket.terminate())
  }
}
