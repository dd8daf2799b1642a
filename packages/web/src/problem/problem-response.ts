import { isPosthouseError, type Logger, type PosthouseError, reasonOf } from '@posthouse/core'
import { errorHttpStatus } from '@posthouse/core/help'

import { assertFinalStatus } from '../response/final-status.ts'
import { assertSendableHeader } from '../response/sendable-header.ts'
import { isProblem, Problem, type ProblemDocument } from './problem.ts'
import { problemDocument } from './problem-document.ts'

/** A body and its media type in the place of RFC 9457's. */
export interface FormattedProblem {
  readonly type: string
  /** Text goes out as it is, anything else as JSON. */
  readonly body: unknown
  /** What goes before it, beside what the problem has. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Replaces the format of every error body of an app, or of an endpoint. */
export type ProblemFormat = (document: ProblemDocument) => FormattedProblem

/** The format of RFC 9457. */
export const standardFormat: ProblemFormat = (document) => ({ type: 'application/problem+json', body: document })

/** An answer that tells of a failure. */
export interface ProblemResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A format that never fails: where `format` does, or gives what cannot be sent, RFC 9457's stands in and the log says why. */
export function sureFormat(format: ProblemFormat, log: Logger): ProblemFormat {
  return (document) => {
    try {
      const { type, body, headers = {} } = format(document)
      for (const [name, value] of Object.entries({ ...headers, 'content-type': type }))
        assertSendableHeader(name, value)
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      if (typeof text !== 'string') throw new TypeError(`The body is ${typeof body}`)
      return { type, body: text, headers }
    } catch (error) {
      log.error('formatProblem failed; the problem was told in the usual format', { error: reasonOf(error) })
      return standardFormat(document)
    }
  }
}

/** What was thrown, as the problem that the client is told of. What nobody meant for the client becomes a bare 500. */
export function toProblem(error: unknown): Problem {
  if (isProblem(error)) return unsendable(error) ?? error
  if (isPosthouseError(error)) return fromOurs(error)
  const status = clientStatusOf(error)
  if (status !== undefined) return new Problem(status, reasonOf(error), { cause: error })
  return bareFailure(error)
}

/** What stands for a problem that no response can tell, such as one whose header has two lines. */
function unsendable({ status, fields }: Problem): Problem | undefined {
  try {
    assertFinalStatus(status)
    for (const [name, value] of Object.entries(fields.headers ?? {})) assertSendableHeader(name, value)
    return undefined
  } catch (cause) {
    return bareFailure(cause)
  }
}

function bareFailure(cause: unknown): Problem {
  return new Problem(500, 'The server failed; its log has the details under the request id', {
    code: 'internal',
    cause,
  })
}

/** The response for a problem. */
export function problemResponse(problem: Problem, requestId: string, format: ProblemFormat): ProblemResponse {
  const { type, body, headers } = format(problemDocument(problem, requestId))
  return {
    status: problem.status,
    headers: { ...problem.fields.headers, ...headers, 'content-type': type, 'x-request-id': requestId },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/** Below 500 a failure of ours is about the request; above, its words may name files and hosts. */
function fromOurs(error: PosthouseError): Problem {
  const { code, message } = error
  const status = errorHttpStatus[code] ?? 500
  const detail = status < 500 ? message : `The server could not answer: ${code}`
  return new Problem(status, detail, { code, cause: error })
}

/** The status of a fault that the server underneath found in the request. */
function clientStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined
  const { statusCode, code } = error
  const ofFastify = typeof code === 'string' && code.startsWith('FST_')
  return ofFastify && typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined
}
