import { PosthouseError } from '@posthouse/core'
import { bytesOf, type Wire } from '@posthouse/protocol'

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

/** `WebSocket.OPEN`. */
export const open = 1
/** A close frame has room for 123 bytes (RFC 6455, section 5.5), and no UTF-16 unit takes more than 3. */
export const reasonLength = 41

// A task of its own where the platform has one, so that everything this turn of the event loop says leaves as one write.
const platform: { readonly setImmediate?: (task: () => void) => unknown } = globalThis
/** Runs a task at the end of this tick. */
export const soon: (task: () => void) => unknown = platform.setImmediate ?? queueMicrotask

/**
 * The content of a WebSocket message as text or plain bytes.
 * @throws PosthouseError `malformed_frame`
 */
export function toWire(data: unknown): Wire {
  const wire = typeof data === 'string' ? data : bytesOf(data)
  if (wire !== undefined) return wire
  throw new PosthouseError('malformed_frame', 'neither text nor bytes')
}
