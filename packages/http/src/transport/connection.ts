import type { Dispatcher } from 'undici'

/** One connection to one origin, opened with its first request. Ending it is the pool's business. */
export interface Connection {
  readonly dispatcher: Dispatcher
  /** How many requests it carries at once: 1, or more where HTTP/2 was agreed on. Asked again after it has connected. */
  readonly capacity: number
}

/** Makes a connection to an origin such as `https://example.com:8443`. Opens nothing yet. */
export type OpenConnection = (origin: string) => Connection
