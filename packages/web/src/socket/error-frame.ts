import type { Fault } from '../problem/fault.ts'
import type { Problem } from '../problem/problem.ts'

/** What a peer is told of a message, or of a connection, that is refused. */
export interface ErrorFrame {
  /** The HTTP status with two more digits: 40001 not authenticated, 40300 forbidden, 42200 does not fit, 50000 failed. */
  readonly status: number
  readonly message: string
  /** A word for programs. */
  readonly code?: string
  /** What is wrong where in the message. */
  readonly errors?: readonly Fault[]
  readonly [extension: string]: unknown
}

/** Makes the frame that tells a peer of a problem; it is sent as JSON. */
export type ErrorFrameFormat = (problem: Problem) => unknown

/** The number that servers of this kind have always used for it. */
const notAuthenticated = 40_001

/** The frame that is sent where no other format was chosen. */
export function errorFrame({ status, message, fields }: Problem): ErrorFrame {
  const { code, errors, extensions } = fields
  return {
    ...extensions,
    status: status === 401 ? notAuthenticated : status * 100,
    message,
    ...(code !== undefined && { code }),
    ...(errors !== undefined && { errors }),
  }
}

/** The close code behind an error frame: 4401 for status 401, and 1011 for what is our fault. */
export function closeCodeFor({ status }: Pick<Problem, 'status'>): number {
  return status < 500 ? 4000 + status : 1011
}

/** The words for programs that this package puts into error frames. */
export const frameCodes = {
  malformed: 'invalid_json',
  unfit: 'invalid_message',
  unknown: 'unknown_kind',
  failed: 'handler_failed',
} as const
