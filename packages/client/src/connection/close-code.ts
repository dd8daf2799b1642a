import { type ErrorCode, errorTable, isErrorCode, PosthouseError } from '@posthouse/core'

/**
 * What a client does when its connection has ended. `now`: come back at once; `backoff`: come back after a wait and
 * resume; `anew`: come back without the session; `credentials`: ask for a token again; `stop`: tell the application.
 */
export type CloseAction = 'now' | 'backoff' | 'anew' | 'credentials' | 'stop'

/** What stands for a code that this client does not know, by its range. */
const unknownCodes: Readonly<Record<CloseAction, ErrorCode>> = {
  now: 'draining',
  backoff: 'unreachable',
  anew: 'session_lost',
  credentials: 'unauthenticated',
  stop: 'forbidden',
}

/** What the codes of this protocol ask of the client, by their hundreds. */
const actions: Readonly<Record<number, CloseAction>> = { 40: 'now', 42: 'anew', 43: 'credentials', 44: 'stop' }

/** What a close code asks of the client; every code has an answer. Source: spec/protocol.md, "Close codes". */
export function closeAction(code: number): CloseAction {
  // Sent by a WebSocket library itself; the same message would be too big again.
  return code === 1009 ? 'stop' : (actions[Math.floor(code / 100)] ?? 'backoff')
}

/**
 * The error that a close stands for.
 * @param told the last error frame of the connection, which names its code exactly where several share a close code.
 */
export function closeError(
  close: { readonly code: number; readonly reason: string },
  told?: PosthouseError,
): PosthouseError {
  const { code, reason } = close
  const message = `the connection was closed: ${reason || 'no reason was given'} (close code ${code})`
  return new PosthouseError(told?.facts.closeCode === code ? told.code : codeOf(code), message, { cause: told })
}

function codeOf(closeCode: number): ErrorCode {
  if (closeCode === 1009) return 'frame_too_large'
  const known = Object.keys(errorTable).filter(isErrorCode)
  return known.find((name) => errorTable[name].closeCode === closeCode) ?? unknownCodes[closeAction(closeCode)]
}
