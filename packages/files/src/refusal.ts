import type { ServerResponse } from 'node:http'
import { type ErrorCode, errorTable, isPosthouseError, PosthouseError } from '@posthouse/core'
import { statusOfError } from '@posthouse/core/status'

/** What a failed request is told. Spec: 11.3.5. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A failure as it is told to whoever made the request; what is none of ours is told as `internal`, without details. */
export function refusalOf(error: unknown): Refusal {
  const told = isPosthouseError(error) ? error : new PosthouseError('internal', 'the request failed in the hub')
  const { code, message } = told
  const { number, retry } = errorTable[code]
  return {
    status: statusOfError(code),
    headers: { 'content-type': 'application/json', ...headersOf(code) },
    body: `${JSON.stringify({ code, number, message, retry })}\n`,
  }
}

/** Answers with a failure; where an answer has begun, its connection ends instead. */
export function refuse(response: ServerResponse, error: unknown, more: Readonly<Record<string, string>> = {}): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { status, headers, body } = refusalOf(error)
  // Pages of elsewhere are to know why, too.
  const open = { 'access-control-allow-origin': '*' }
  response.writeHead(status, { ...open, ...headers, ...more, 'content-length': Buffer.byteLength(body) })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

function headersOf(code: ErrorCode): Readonly<Record<string, string>> {
  if (code === 'unauthenticated' || code === 'token_expired') return { 'www-authenticate': 'Bearer' }
  return code === 'upload_busy' || code === 'no_room' ? { 'retry-after': '1' } : {}
}
