import type { Fault } from './fault.ts'

/** What a problem says besides its status and detail. */
export interface ProblemFields {
  /** A word for programs, such as `out_of_stock`. */
  readonly code?: string
  /** A URI that names the kind of problem. Default: `about:blank`, which means: what the status says. */
  readonly type?: string
  /** The kind of problem in a few words. Default: the phrase of the status. */
  readonly title?: string
  /** What is wrong where in the request. */
  readonly errors?: readonly Fault[]
  /** Headers of the response, such as `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Further members of the body (RFC 9457, section 3.2). */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** What led to it; goes to the log, never to the client. */
  readonly cause?: unknown
}

const brand = Symbol.for('posthouse.problem')

/** A failure that is told to the client: thrown by handlers and dependencies, answered as RFC 9457 says. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly fields: ProblemFields

  constructor(status: number, detail: string, fields: ProblemFields = {}) {
    super(detail, { cause: fields.cause })
    this.status = status
    this.fields = fields
    Object.defineProperty(this, brand, { value: true })
  }
}

/**
 * A failure to throw, which the client is told with this status and detail.
 *
 * @example
 * throw problem(404, 'There is no item 7')
 */
export function problem(status: number, detail: string, fields?: ProblemFields): Problem {
  return new Problem(status, detail, fields)
}

/** True for a `Problem`, also one made by another copy of this package. */
export function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && brand in error
}

/** A response body of RFC 9457, media type `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail?: string
  readonly code?: string
  readonly requestId?: string
  readonly errors?: readonly Fault[]
  readonly [extension: string]: unknown
}
