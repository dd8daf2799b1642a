import { STATUS_CODES } from 'node:http'
import type { Problem, ProblemDocument } from './problem.ts'

/** What the client is told of a problem. */
export function problemDocument({ status, message, fields }: Problem, requestId?: string): ProblemDocument {
  const { code, errors, extensions, type = 'about:blank' } = fields
  return {
    ...extensions,
    type,
    title: fields.title ?? STATUS_CODES[status] ?? `Status ${status}`,
    status,
    ...(message !== '' && { detail: message }),
    ...(code !== undefined && { code }),
    ...(requestId !== undefined && { requestId }),
    ...(errors !== undefined && { errors }),
  }
}
