import { type ErrorCode, isPosthouseError, reasonOf } from '@posthouse/core'
import { errorHelp } from '@posthouse/core/help'
import { type Terminal, visible } from './terminal.ts'

/** What the command's exit status says. */
export const exitCodes = {
  ok: 0,
  /** Something failed that is none of the following. */
  failed: 1,
  /** The words of the command line are wrong. */
  usage: 2,
  /** No hub answers. */
  unreachable: 3,
  /** The hub, or the recipient's state, does not allow it. */
  refused: 4,
  /** Ended by Ctrl-C before it was done. */
  interrupted: 130,
} as const

const usageErrors: ReadonlySet<ErrorCode> = new Set([
  'invalid_option',
  'invalid_address',
  'invalid_body',
  'invalid_client_id',
])
const reachErrors: ReadonlySet<ErrorCode> = new Set(['unreachable', 'timeout', 'not_connected'])
const ownErrors: ReadonlySet<ErrorCode> = new Set([
  'source_failed',
  'target_failed',
  'internal',
  'unknown_outcome',
  'port_in_use',
  'cannot_listen',
  'insecure_bind',
  'status_file',
  'token_file',
  'tls_file',
  'data_in_use',
  'data_too_new',
  'data_damaged',
  'data_unwritable',
])

/** The exit status for an error. */
export function exitCodeOf(error: unknown): number {
  if (!isPosthouseError(error)) return exitCodes.failed
  if (usageErrors.has(error.code)) return exitCodes.usage
  if (reachErrors.has(error.code)) return exitCodes.unreachable
  if (error.code === 'aborted') return exitCodes.interrupted
  return ownErrors.has(error.code) ? exitCodes.failed : exitCodes.refused
}

/** Says on standard error what went wrong and what to do: one line each. */
export function explain(terminal: Terminal, error: unknown, json: boolean): void {
  const message = reasonOf(error)
  const code = isPosthouseError(error) ? error.code : 'internal'
  if (json) {
    terminal.note(JSON.stringify({ error: { code, message, help: errorHelp[code] } }))
    return
  }
  terminal.note(`${terminal.style('red', 'error', terminal.err)} ${visible(message)} (${code})`)
  // What is wrong with an option, the message has said.
  if (isPosthouseError(error) && code !== 'invalid_option')
    terminal.note(terminal.style('gray', errorHelp[code], terminal.err))
}
