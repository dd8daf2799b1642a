import type { CallOptions as CallTime } from '@posthouse/protocol/calls'
import type { CallMode } from './call-watchers.ts'

/** How a procedure is called: `timeoutMs`, `deadline` and `signal` as everywhere, and what follows. */
export interface CallOptions extends CallTime {
  /**
   * Being carried out twice does no harm: the call is sent again although a server that remembers no results may have carried
   * it out. Default false.
   */
  readonly idempotent?: boolean
  /** Names the call, so that asking again under this name gets the first result. Default: a random id. */
  readonly requestId?: string
  /** Told of what the procedure says while it is under way. What it throws gives the call up, with `handler_failed`. */
  readonly onProgress?: (progress: unknown) => void
}

/** How a procedure is called whose result goes to a callback. */
export interface CallbackCallOptions extends CallOptions {
  /**
   * `socket` lets the call travel as calls do, and needs no callback URL; `http` posts it, and the result is posted to
   * `callbackUrl`, for up to a day. Default `socket`.
   */
  readonly callbackType?: 'socket' | 'http'
  /** The registered callback that gets the result. Default: that of the procedure's name. */
  readonly callbackFunc?: string
}

/** Says that a server has a call whose result goes to a callback. */
export interface CallReceipt {
  readonly success: true
  readonly message: string
  readonly requestId: string
  /** How it was sent. */
  readonly mode: CallMode
}
