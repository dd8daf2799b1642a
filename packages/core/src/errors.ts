import { errorRows } from '#error-rows'
import type { ErrorCode } from './error-table.ts'

export type { ErrorCode }

/** What is fixed for one error code. */
export interface ErrorFacts {
  /** Stable number of the code, for languages and logs that prefer one. */
  readonly number: number
  /** WebSocket close code, or null where the connection lives on. */
  readonly closeCode: number | null
  /** True where trying again later can help. */
  readonly retry: boolean
}

/** What is fixed for each error code; in browsers without those that only hosts report. Source: spec/errors.json. */
export const errorTable: Readonly<Record<ErrorCode, ErrorFacts>> = readRows(errorRows)

/** Adds rows that this platform's table does not have, for a part of Posthouse that reports them there. */
export function addErrorRows(rows: string): void {
  Object.assign(errorTable, readRows(rows))
}

function readRows(rows: string): Record<ErrorCode, ErrorFacts> {
  const table: Record<string, ErrorFacts> = {}
  let number = 0
  for (const row of rows.split(' ')) {
    const [name = '', close = ''] = row.split(/[+=]/)
    if (Number(row)) number = Number(row)
    else table[name] = { number: number++, closeCode: Number(close) || null, retry: row.includes('+') }
  }
  // Generated together with the type; a test compares them with spec/errors.json. Browsers meet no others.
  return table as Record<ErrorCode, ErrorFacts>
}

const brand = Symbol.for('posthouse.error')

/** The one error class of Posthouse. Its `code` says what happened, its message with which value and what to do. */
export class PosthouseError extends Error {
  override readonly name = 'PosthouseError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  static {
    // Tells it from other errors, also across copies of this package.
    Object.assign(PosthouseError.prototype, { [brand]: true })
  }

  /** What the error table fixes for this code, or for `internal` where the table does not have it. */
  get facts(): ErrorFacts {
    return errorTable[this.code] ?? errorTable.internal
  }
}

/** True for a `PosthouseError`, also one made by another copy of this package. */
export function isPosthouseError(error: unknown): error is PosthouseError {
  return typeof error === 'object' && error !== null && brand in error
}

/** True for the name of a row of the error table. */
export function isErrorCode(name: unknown): name is ErrorCode {
  return typeof name === 'string' && Object.hasOwn(errorTable, name)
}

/** What an error says, whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The error itself when it is ours, otherwise a `PosthouseError` of `code` that has it as its cause. */
export function toPosthouseError(error: unknown, code: ErrorCode = 'internal'): PosthouseError {
  if (isPosthouseError(error)) return error
  return new PosthouseError(code, reasonOf(error), { cause: error })
}
