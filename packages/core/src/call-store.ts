/** A callback that is owed for a call: its answer is to be POSTed somewhere. */
export interface KeptCallback {
  /** Unique; the same at each attempt. */
  readonly id: string
  readonly url: string
  /** Attempts that were made. */
  readonly attempts: number
  /** When the next one is due, in Unix milliseconds; nothing once it has been given up. */
  readonly nextAt?: number | undefined
  /** What the last attempt failed of. */
  readonly lastError?: string | undefined
}

/** What is remembered of a call. */
export interface KeptCall {
  /** Who called: nobody else gets to know of it. */
  readonly caller: string
  /** The caller's id of it. */
  readonly id: string
  readonly procedure: string
  /** Tells other inputs under the same id from this one. */
  readonly inputHash: string
  /** When it came in, in Unix milliseconds. It is forgotten a fixed time after that. */
  readonly at: number
  /** Until when its answer is of use, in Unix milliseconds. */
  readonly deadline: number
  /** `taken` promises that it will be carried out, `begun` that its handler may have run. */
  readonly state: 'taken' | 'begun' | 'done'
  /** JSON of the whole call, for one that is carried out although its caller may be gone. */
  readonly request?: string | undefined
  /** JSON of the answer, once it is done. */
  readonly answer?: string | undefined
  /** Nothing where none is owed, or none any more. */
  readonly callback?: KeptCallback | undefined
}

/** Which calls are wanted. */
export interface KeptCallQuery {
  /** `unfinished` are not done, `owed` have a callback that is due some time, `given-up` one that will not be tried again. */
  readonly which: 'unfinished' | 'owed' | 'given-up'
  /** At most so many, the oldest first; `Infinity` for all of them. Default 1,000. */
  readonly limit?: number | undefined
}

/**
 * Remembers calls and their answers, so that a call which is sent again gets the first answer. It holds as many as it is set to,
 * for a day; what is unfinished or owed is not dropped for what is new.
 */
export interface CallStore extends AsyncDisposable {
  /** Names this memory: another one after what was remembered is lost. */
  readonly id: string
  /** How many calls are remembered. */
  readonly size: number
  /** True where it outlives this process, so that a note before a handler is worth its while. */
  readonly lasting: boolean
  /** What is remembered of a call. */
  get(caller: string, id: string): KeptCall | undefined | Promise<KeptCall | undefined>
  /**
   * Remembers a call in place of what was known of it, safe from the end of the process when it resolves; one that holds calls
   * in memory only may have done it when it returns.
   * @throws PosthouseError `store_full` where all that it may hold is unfinished or owed, or, for a call that is newly `taken`,
   * three quarters of that; `store_failed`, `closed`
   */
  put(call: KeptCall): void | Promise<void>
  /** Forgets a call. */
  remove(caller: string, id: string): Promise<void>
  /** Those that something is to be done about. */
  find(query: KeptCallQuery): Promise<readonly KeptCall[]>
  /**
   * Resolves where calls would be remembered now, as far as that can be told without one. Default: they always would.
   * @throws PosthouseError (later) `store_failed`, `closed`
   */
  check?(): Promise<void>
}

/** How much a store of calls holds where nothing else is said. */
export interface CallStoreBounds {
  /** Calls. Default 100,000. */
  readonly calls?: number | undefined
  /** Bytes of requests and answers, about. Default 128 MiB. */
  readonly bytes?: number | undefined
  /** How long a call is remembered, in milliseconds. Default a day. */
  readonly ageMs?: number | undefined
}

/** The bounds of stores of calls. */
export const defaultCallStoreBounds: { readonly [Name in keyof CallStoreBounds]-?: number } = {
  calls: 100_000,
  bytes: 128 * 1024 * 1024,
  ageMs: 24 * 60 * 60_000,
}
