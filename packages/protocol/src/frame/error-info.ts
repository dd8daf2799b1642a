import { isErrorCode, PosthouseError } from '@posthouse/core'
import type { ErrorFrame, ErrorInfo } from './frames.ts'

/** An error as frames carry it. The message travels, causes and stacks do not. */
export function errorInfo(error: PosthouseError): ErrorInfo {
  const { number, retry } = error.facts
  return { code: error.code, number, message: error.message, retry }
}

/** An `error` frame about the frame `op` (and its `id`). */
export function errorFrame(error: PosthouseError, op?: string, id?: string): ErrorFrame {
  // Of a frame that is refused they may hold, or have been cut to, half a surrogate pair.
  const about =
    op === undefined ? undefined : { op: op.toWellFormed(), ...(id !== undefined && { id: id.toWellFormed() }) }
  return { op: 'error', ...errorInfo(error), ...(about && { about }) }
}

/**
 * The error that a frame told of. A code unknown here becomes `internal` or, where a retry is of no use, `unsupported`,
 * and stays readable in the message.
 */
export function errorFromInfo(info: ErrorInfo): PosthouseError {
  if (isErrorCode(info.code)) return new PosthouseError(info.code, info.message)
  return new PosthouseError(info.retry ? 'internal' : 'unsupported', `${info.code}: ${info.message}`)
}

/** The close code that goes with an error; 4100 where the table has none. */
export function closeCodeOf(error: PosthouseError): number {
  return error.facts.closeCode ?? 4100
}
