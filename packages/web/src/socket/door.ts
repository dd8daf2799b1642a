import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Services } from '../app/services.ts'
import type { Route } from '../routing/router.ts'
import type { SocketEndpoint } from './endpoint.ts'

/** Lets WebSocket connections in to their endpoints. */
export interface SocketDoor {
  /** True where the path belongs to an endpoint; then the socket is taken care of, whatever becomes of it. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Asks every connection to go, and resolves when they have gone or `signal` is aborted. */
  drain(signal: AbortSignal): Promise<void>
  /** Cuts what is left. */
  close(): void
}

/** The door of these endpoints. */
export function createSocketDoor(_routes: readonly Route<SocketEndpoint>[], _services: Services): SocketDoor {
  return { handleUpgrade: () => false, drain: () => Promise.resolve(), close: () => undefined }
}
