import type { Dispatcher } from 'undici'

/** One connection to one origin, opened with its first request. When it ends is the pool's business. */
export interface Connection {
  /** Emits `connect` and `disconnect` as a `Client` of undici does. */
  readonly dispatcher: Dispatcher
  /** How many requests it carries at once: 1, or more where HTTP/2 was agreed on. Asked again after it has connected. */
  readonly capacity: number
  /** Closes it at once, also while it is being made. Its requests fail with `reason`. */
  destroy(reason: Error): void
}

/** Makes a connection to an origin such as `https://example.com:8443`. Opens nothing yet. */
export type OpenConnection = (origin: string) => Connection
