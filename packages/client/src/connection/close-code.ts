import { type ErrorCode, type ErrorFacts, errorTable, PosthouseError } from '@posthouse/core'

/**
 * What a client does when its connection has ended. `now`: come back at once; `backoff`: come back after a wait and
 * resume; `anew`: come back without the session; `credentials`: ask for a token again; `stop`: tell the application.
 */
export type CloseAction = 'now' | 'backoff' | 'anew' | 'credentials' | 'stop'

/** What a range of codes asks of the client, and what stands for one of them that it does not know. */
type Meaning = readonly [action: CloseAction, code: ErrorCode]

/** The codes of this protocol by their hundreds. */
const meanings: Readonly<Record<number, Meaning>> = {
  40: ['now', 'draining'],
  42: ['anew', 'session_lost'],
  43: ['credentials', 'unauthenticated'],
  44: ['stop', 'forbidden'],
}

/** Every code has a meaning. Source: spec/protocol.md, "Close codes". */
function meaningOf(code: number): Meaning {
  // Sent by a WebSocket library itself; the same message would be too big again.
  if (code === 1009) return ['stop', 'frame_too_large']
  return meanings[Math.floor(code / 100)] ?? ['backoff', 'unreachable']
}

/** What a close code asks of the client. */
export function closeAction(code: number): CloseAction {
  return meaningOf(code)[0]
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
  const message = `the connection was closed with ${code} ${reason}`
  return new PosthouseError(told?.facts.closeCode === code ? told.code : codeOf(code), message, { cause: told })
}

function codeOf(closeCode: number): ErrorCode {
  const entries = Object.entries(errorTable) as [ErrorCode, ErrorFacts][]
  return entries.find(([, facts]) => facts.closeCode === closeCode)?.[0] ?? meaningOf(closeCode)[1]
}
