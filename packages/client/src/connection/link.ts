import { PosthouseError } from '@posthouse/core'
import type { Wire } from '@posthouse/protocol'

/** The part of a WebSocket that is used; that of browsers, of Node and of `ws` have it. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  // `never` lets every implementation's own event type pass.
  onopen: ((event: never) => unknown) | null
  onmessage: ((event: never) => unknown) | null
  onerror: ((event: never) => unknown) | null
  onclose: ((event: never) => unknown) | null
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
}

/** Makes WebSockets. */
export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike

/** What a link tells its owner. */
export interface LinkEvents {
  opened(): void
  /** What the WebSocket handed over; `toWire` reads it. */
  received(data: unknown): void
  /** The socket is gone; the last event. `cause` is what the platform said, if anything. */
  closed(close: { readonly code: number; readonly reason: string; readonly cause?: unknown }): void
  /** The WebSocket messages to write now. */
  gather(): readonly Wire[]
}

const open = 1
/** What a close frame has room for, in bytes (RFC 6455, section 5.5). */
const reasonBytes = 123

// A task of its own where the platform has one, so that everything this turn of the event loop says leaves as one write.
const platform: { readonly setImmediate?: (task: () => void) => unknown } = globalThis
const soon: (task: () => void) => unknown = platform.setImmediate ?? queueMicrotask

/** One WebSocket: gathers what is to be written until the end of the tick, and ends once. */
export class Link {
  readonly #socket: WebSocketLike
  #events: LinkEvents | undefined
  #woken = false
  #cause: unknown

  constructor(
    where: { readonly WebSocket: WebSocketConstructor; readonly url: string; readonly subprotocol: string | undefined },
    events: LinkEvents,
  ) {
    this.#events = events
    const { WebSocket, url, subprotocol } = where
    const socket = subprotocol === undefined ? new WebSocket(url) : new WebSocket(url, [subprotocol])
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => this.#events?.opened()
    socket.onmessage = (event: { readonly data: unknown }) => this.#events?.received(event.data)
    socket.onerror = (event: { readonly error?: unknown }) => {
      this.#cause = event.error
    }
    socket.onclose = (event: { readonly code: number; readonly reason: string }) => this.#closed(event)
  }

  /** Bytes that were handed to the socket and have not left yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  /** Something waits to be written: `flush` follows at the end of this tick. */
  wake(): void {
    if (this.#woken) return
    this.#woken = true
    soon(() => {
      this.#woken = false
      this.flush()
    })
  }

  /** Writes what waits, now. */
  flush(): void {
    if (this.#events === undefined || this.#socket.readyState !== open) return
    for (const message of this.#events.gather()) {
      // Encoders allocate their output; it is never backed by shared memory.
      this.#socket.send(message as string | Uint8Array<ArrayBuffer>)
    }
  }

  /** Begins to close; `closed` follows. */
  close(code: number, reason = ''): void {
    const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(reasonBytes))
    this.#socket.close(code, reason.slice(0, read))
  }

  /** Closes and hears nothing more of this socket, `closed` neither. For peers that may be silent for ever. */
  abandon(code: number, reason?: string): void {
    this.#events = undefined
    this.close(code, reason)
  }

  #closed({ code, reason }: { readonly code: number; readonly reason: string }): void {
    const events = this.#events
    this.#events = undefined
    events?.closed({ code, reason, cause: this.#cause })
  }
}

/**
 * The content of a WebSocket message as text or plain bytes.
 * @throws PosthouseError `malformed_frame`
 */
export function toWire(data: unknown): Wire {
  if (typeof data === 'string') return data
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  throw new PosthouseError('malformed_frame', 'the message is neither text nor an ArrayBuffer')
}
