import type { Logger } from '@posthouse/core'
import type { SerializeOptions } from 'cookie'
import type { RequestView } from './request-view.ts'

/** What goes before the body of a response. */
export interface Reply {
  /** Answers with another status than the endpoint's usual one. */
  status(code: number): Reply
  /** Sets a header. @throws PosthouseError `invalid_header` for what would break out of it */
  header(name: string, value: string | number | readonly string[]): Reply
  /** Sets a cookie. Default options: `HttpOnly`, `SameSite=Lax`, `Path=/`, and `Secure` over https. */
  cookie(name: string, value: string, options?: SerializeOptions): Reply
}

/** What every handler has besides the parts of its request. */
export interface HandlerTools {
  readonly request: RequestView
  readonly reply: Reply
  readonly requestId: string
  readonly log: Logger
  /** Aborted when the client has gone, or the time of the handler is over. */
  readonly signal: AbortSignal
  /** Runs `task` after the response; the app waits for it when it stops. @throws PosthouseError `overflow` when too many wait */
  readonly background: (task: (signal: AbortSignal) => unknown) => void
}
