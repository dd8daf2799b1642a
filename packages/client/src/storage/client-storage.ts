/** A message that waits to be confirmed. */
export interface StoredSend {
  readonly n: number
  readonly id: string
  /** As it goes out. */
  readonly wire: string | Uint8Array
}

/** What a client has kept from one life of its program to the next. */
export interface StoredState {
  /** Names the numbering of `n`. */
  readonly producer: string
  /** No greater `n` has been used. */
  readonly lastN: number
  /** The dialect that `outbox` is written in. */
  readonly dialect: string
  /** In the order of `n`. */
  readonly outbox: readonly StoredSend[]
  /** Names of messages that were handled, the oldest first. */
  readonly handled: readonly string[]
}

/** One thing to be remembered, or forgotten. */
export type StorageChange =
  | { readonly put: StoredSend }
  /** The `n` of a message that was answered. */
  | { readonly answered: number }
  | { readonly handled: string }
  | { readonly lastN: number }
  /** What everything begins with: what was there before is void. */
  | { readonly begin: Pick<StoredState, 'producer' | 'lastN' | 'dialect'> }

/** What is kept of one client. */
export interface OpenStorage {
  /** Nothing before the first `begin`. */
  readonly state: StoredState | undefined
  /**
   * Remembers a change. Resolves when it and all before it will be there after the program was killed.
   * @throws PosthouseError (later) `store_failed`
   */
  write(change: StorageChange): Promise<void>
  /** Writes what waits, and lets others open it. */
  close(): Promise<void>
}

/** Where a client keeps what it must not forget when its program ends. */
export interface ClientStorage {
  /**
   * Called once, before a client connects. The newest `window` names of handled messages are to be kept at least.
   * @throws PosthouseError (later) `data_in_use`, `data_damaged`, `data_too_new`, `data_unwritable`, `invalid_option` where it
   * is another client's
   */
  open(clientId: string, window: number): Promise<OpenStorage>
}
