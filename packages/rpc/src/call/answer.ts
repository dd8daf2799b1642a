import { type ErrorCode, isErrorCode, isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'
import type { Fault } from '../procedure/schema.ts'
import { type BytePaths, mayHaveBytes, packBytes, unpackBytes } from './kept-bytes.ts'

/** What a call came to. */
export type Answer = Success | Failure

/** A value, or none. */
export interface Success {
  readonly ok: true
  /** JSON of it, with bytes as base64; nothing where the handler returned nothing. */
  readonly text: string | undefined
  /** Where there are bytes in it; nothing where there are none. */
  readonly bytes?: BytePaths | undefined
  /** What the handler returned, where that was in this process. */
  readonly value?: unknown
  /** How many items came before it; nothing where the procedure does not stream. */
  readonly items?: number | undefined
}

/** Why there is no value. */
export interface Failure {
  readonly ok: false
  readonly code: ErrorCode
  readonly message: string
  /** True where trying again later can help. */
  readonly retry: boolean
  readonly details?: readonly Fault[] | undefined
}

/** What was wrong with an input, so that its sender can be told where. */
export class InputError extends PosthouseError {
  readonly faults: readonly Fault[]

  constructor(message: string, faults: readonly Fault[]) {
    super('invalid_body', message)
    this.faults = faults
  }
}

/** @throws PosthouseError `handler_failed` for what JSON cannot say */
export function success(value: unknown, items?: number): Success {
  try {
    const text = JSON.stringify(value)
    if (text === undefined || !mayHaveBytes(text)) return { ok: true, text, value, items }
    const { value: said, paths } = packBytes(value)
    return paths.length === 0
      ? { ok: true, text, value, items }
      : { ok: true, text: JSON.stringify(said), bytes: paths, value, items }
  } catch (cause) {
    throw new PosthouseError('handler_failed', `the answer is no JSON: ${reasonOf(cause)}`, { cause })
  }
}

/** What was thrown, or an error in place of what nothing can be said about, such as an object without a prototype. */
export function readable(thrown: unknown): unknown {
  try {
    return isPosthouseError(thrown) || typeof reasonOf(thrown) === 'string' ? thrown : unreadable()
  } catch {
    return unreadable()
  }
}

function unreadable(): Error {
  return new Error('the handler threw something that cannot be read')
}

/** What an error is to a caller. `hidden` keeps back what an error says that is not ours. */
export function failure(error: unknown, hidden = false): Failure {
  if (!isPosthouseError(error)) {
    const message = hidden ? 'the handler failed' : reasonOf(error)
    return { ok: false, code: 'handler_failed', message, retry: false }
  }
  const { code, message, facts } = error
  const details = error instanceof InputError ? error.faults : undefined
  return { ok: false, code, message, retry: facts.retry, details }
}

interface KeptSuccess {
  readonly ok: true
  readonly items?: number
  readonly bytes?: BytePaths
  readonly data?: unknown
}

/** An answer as it is remembered. */
export function answerToText(answer: Answer): string {
  if (!answer.ok) return JSON.stringify(answer)
  const { text, items, bytes } = answer
  const data = text === undefined ? '' : `,"data":${text}`
  const where = bytes === undefined ? '' : `,"bytes":${JSON.stringify(bytes)}`
  return items === undefined ? `{"ok":true${where}${data}}` : `{"ok":true,"items":${items}${where}${data}}`
}

/** What was remembered. Only what `answerToText` wrote comes here. */
export function answerOfText(text: string): Answer {
  const kept = JSON.parse(text) as Failure | KeptSuccess
  if (kept.ok) return success(unpackBytes({ value: kept.data, paths: kept.bytes ?? [] }), kept.items)
  return isErrorCode(kept.code) ? kept : { ...kept, code: 'internal' }
}
