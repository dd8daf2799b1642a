import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { HubSocket, SocketListener } from '../hub-socket.ts'
import { type FrameListener, FrameReader } from './frame-reader.ts'
import { closeFrame, controlFrame } from './frame-writer.ts'
import { opcodes } from './opcodes.ts'

/** What an idle connection keeps counts ten thousandfold: the listeners are the same for all, and find their socket here. */
const owner = Symbol('the end of a WebSocket')

type Owned = Duplex & { [owner]?: ServerSocket }

/** Longest message that is read, in bytes. */
export interface MessageBytes {
  /** While nobody knows who the peer is. */
  readonly stranger: number
  readonly known: number
}

/** A server's end of one WebSocket (RFC 6455), over any stream. */
export class ServerSocket implements HubSocket, FrameListener {
  readonly #stream: Duplex
  readonly #reader: FrameReader
  readonly #maxBytes: MessageBytes
  #listener: SocketListener | undefined
  #open = true
  #code = 1006
  #reason = ''
  /** The newest ping that was not answered yet. The others need no answer: RFC 6455, section 5.5.3. */
  #pinged: Uint8Array | undefined

  /**
   * @param stream whose handshake is done
   * @param head what came behind the handshake
   * @param maxBytes a longer message closes with 1009
   */
  constructor(stream: Duplex, head: Uint8Array, maxBytes: MessageBytes) {
    this.#stream = stream
    this.#maxBytes = maxBytes
    this.#reader = new FrameReader(this, maxBytes.stranger)
    if (stream instanceof Socket) stream.setTimeout(0).setNoDelay()
    // The stream of an HTTP server would stay half open when its peer has gone.
    stream.allowHalfOpen = false
    if (head.length > 0) stream.unshift(head)
    owned(stream)[owner] = this
    stream.on('data', onData).on('drain', onDrain).on('error', onError).on('close', onClose)
  }

  use(listener: SocketListener): void {
    this.#listener = listener
  }

  get open(): boolean {
    return this.#open
  }

  get queuedBytes(): number {
    return this.#stream.writableLength
  }

  get congested(): boolean {
    return this.#stream.writableNeedDrain
  }

  write(frames: readonly Uint8Array[]): void {
    if (!this.#open) return
    const [only] = frames
    if (frames.length === 1 && only !== undefined) {
      this.#stream.write(only)
      return
    }
    this.#stream.cork()
    for (const frame of frames) this.#stream.write(frame)
    this.#stream.uncork()
  }

  writePing(payload: string): void {
    if (this.#open) this.#stream.write(controlFrame(opcodes.ping, Buffer.from(payload)))
  }

  close(code: number, reason: string): void {
    if (!this.#open) return
    this.#open = false
    this.#stream.write(closeFrame(code, reason))
    // The peer's answer may stand behind what it was not read for.
    this.#stream.resume()
  }

  trust(): void {
    this.#reader.allow(this.#maxBytes.known)
  }

  pause(): void {
    if (this.#open) this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  terminate(): void {
    this.#reader.stop()
    this.#stream.destroy()
  }

  message(data: Uint8Array, binary: boolean): void {
    if (this.#open) this.#listener?.onMessage(data, binary)
  }

  ping(payload: Uint8Array): void {
    this.#pinged = payload
    this.#listener?.onPing()
  }

  pong(payload: Uint8Array): void {
    this.#listener?.onPong(payload)
  }

  closed(code: number, reason: string): void {
    this.#end(code, reason)
  }

  broken(code: number, reason: string): void {
    this.#end(code, reason)
  }

  /** A chunk has come. */
  read(chunk: Uint8Array): void {
    const listener = this.#listener
    listener?.onChunk()
    try {
      this.#reader.push(chunk)
    } finally {
      listener?.onChunkEnd()
    }
    if (this.#pinged !== undefined) this.#answer(this.#pinged)
  }

  /** Answers pings as fast as the peer reads, so that pings without end fill no memory. */
  #answer(payload: Uint8Array): void {
    // A copy does not keep the whole chunk.
    if (this.#stream.writableNeedDrain) this.#pinged = payload.slice()
    else {
      this.#pinged = undefined
      if (this.#open) this.#stream.write(controlFrame(opcodes.pong, payload))
    }
  }

  /** The peer has read what waited. */
  drained(): void {
    if (this.#pinged !== undefined) this.#answer(this.#pinged)
    this.#listener?.onDrain()
  }

  /** Says the last word where that was not said yet. A server is the first to end the TCP connection: section 7.1.1. */
  #end(code: number, reason: string): void {
    this.#code = code
    this.#reason = reason
    if (this.#open) this.#stream.write(closeFrame(code, reason))
    this.#open = false
    this.#stream.end()
    this.#stream.resume()
    this.#listener?.onEnding()
  }

  /** The stream is closed. */
  gone(): void {
    this.#open = false
    this.#reader.stop()
    const listener = this.#listener
    this.#listener = undefined
    listener?.onClose(this.#code, this.#reason)
  }
}

function owned(stream: Duplex): Owned {
  return stream
}

function onData(this: Duplex, chunk: Uint8Array): void {
  owned(this)[owner]?.read(chunk)
}

function onDrain(this: Duplex): void {
  owned(this)[owner]?.drained()
}

function onError(this: Duplex): void {
  this.destroy()
}

function onClose(this: Duplex): void {
  owned(this)[owner]?.gone()
}
