import type { HeadersInput } from '../headers/http-headers.ts'
import type { RedirectOptions } from '../redirect/redirects.ts'
import type { BodyOptions } from '../request/outgoing-body.ts'
import type { PathInput, QueryInput } from '../request/url.ts'
import type { RetryOptions } from '../retry/retry-options.ts'
import type { TimeoutOptions } from '../timing/timeouts.ts'

/** What one request is made of, and where it differs from its client. */
export interface RequestOptions extends BodyOptions {
  /** Merged with those of the client without regard to case. */
  readonly headers?: HeadersInput | undefined
  /** Added to the query of the URL. */
  readonly params?: QueryInput | undefined
  /** Values for `{names}` in the URL; metrics then count under the URL with its names. */
  readonly path?: PathInput | undefined
  /** Gives the request up. */
  readonly signal?: AbortSignal | undefined
  /** A number is for `write`, `firstByte` and `read`. */
  readonly timeout?: number | TimeoutOptions | undefined
  /** A number of retries, `false` for none, or what differs from the client's. */
  readonly retry?: number | false | RetryOptions | undefined
  readonly redirects?: boolean | RedirectOptions | undefined
  readonly throwOnError?: boolean | undefined
  readonly errors?: 'throw' | 'response' | undefined
  /** Sent as `idempotency-key`, the same at every attempt, which makes a POST repeatable. `true` makes one up. */
  readonly idempotencyKey?: string | boolean | undefined
}
