/** What the calling thread asks of the thread that sends requests. All values are packed. */
export type ToWorker =
  | { readonly kind: 'open'; readonly client: number; readonly options: unknown }
  /** Nobody can use the client any more. */
  | { readonly kind: 'forget'; readonly client: number }
  /** What a function gave that was asked without standing still. */
  | { readonly kind: 'reply'; readonly ask: number; readonly reply: Reply }
  | {
      readonly kind: 'call'
      readonly id: number
      readonly client: number
      readonly operation: Operation
      readonly args: unknown
      /** The id of the incoming request that the caller is answering. */
      readonly requestId: string | undefined
    }

/** What can be asked of a client. */
export type Operation =
  | 'request'
  | 'download'
  | 'upload'
  | 'follow'
  | 'next'
  | 'leave'
  | 'extend'
  | 'use'
  | 'unuse'
  | 'metrics'
  | 'stats'
  | 'drain'
  | 'close'

/** What comes back. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'broken'; readonly error: unknown }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: unknown }
  /**
   * A function of the caller is to be called, and its result is waited for. Where `ask` has no number the other thread stands
   * still until it has the result.
   */
  | { readonly kind: 'ask'; readonly fn: number; readonly args: unknown; readonly ask?: number }
  /** A function of the caller is to be called when there is time. */
  | { readonly kind: 'tell'; readonly fn: number; readonly args: unknown }

/** What a function of the caller gave. `request` is its first argument afterwards, if that was a request. */
export type Reply =
  | { readonly kind: 'value'; readonly value: unknown; readonly request: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }

/**
 * The cells of the shared memory: two count what was posted in one direction, so that a thread can wait for more; the last grows as
 * long as the thread that sends requests lives, since one that waits hears of no end.
 */
export const cells = { toCaller: 0, toWorker: 1, alive: 2 } as const

/** How often the last cell grows, in milliseconds. */
export const aliveMs = 500

/** What a worker is started with. */
export interface WorkerStart {
  readonly memory: SharedArrayBuffer
  readonly port: import('node:worker_threads').MessagePort
  readonly replies: import('node:worker_threads').MessagePort
}
