import { type ErrorCode, errorTable, isErrorCode } from '../errors.ts'
import { errorHttpStatus } from '../help.ts'
import { WS_1011_INTERNAL_ERROR } from './close-constants.ts'
import { HTTP_600_THIRD_PARTY_ERROR } from './http-constants.ts'
import { isError } from './status-class.ts'

/** The most general failure for each status that has one. */
const byStatus: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'invalid_field'],
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'unknown_recipient'],
  [408, 'timeout'],
  [410, 'session_lost'],
  [413, 'body_too_large'],
  [422, 'invalid_body'],
  [429, 'rate_limited'],
  [499, 'aborted'],
  [500, 'internal'],
  [501, 'unsupported'],
  [502, 'unreachable'],
  [503, 'draining'],
  [504, 'timeout'],
  [507, 'store_full'],
  [508, 'too_many_redirects'],
  [602, 'bad_response'],
  [603, 'unreachable'],
  [604, 'timeout'],
  [605, 'connection_lost'],
  [606, 'retries_exhausted'],
])

/** The failure for each close code of the protocol that means one. */
const byCloseCode: ReadonlyMap<number, ErrorCode> = new Map([
  [1001, 'draining'],
  [1002, 'malformed_frame'],
  [1003, 'unsupported'],
  [1006, 'not_connected'],
  [1007, 'invalid_body'],
  [1008, 'forbidden'],
  [1009, 'frame_too_large'],
  [1010, 'unsupported'],
  [1011, 'internal'],
  [1012, 'draining'],
  [1013, 'draining'],
  [1014, 'unreachable'],
  [1015, 'tls_failed'],
])

/** The statuses that stand in bodies, for what somebody else did wrong whom the server had asked. */
export type ThirdPartyStatus = 600 | 601 | 602 | 603 | 604 | 605 | 606

const thirdParty: ReadonlyMap<ErrorCode, ThirdPartyStatus> = new Map([
  ['bad_status', 601],
  ['too_many_redirects', 601],
  ['redirect_refused', 601],
  ['bad_response', 602],
  ['truncated_body', 602],
  ['decode_failed', 602],
  ['response_too_large', 602],
  ['invalid_json', 602],
  ['schema_mismatch', 602],
  ['connect_failed', 603],
  ['dns_failed', 603],
  ['tls_failed', 603],
  ['proxy_failed', 603],
  ['unreachable', 603],
  ['circuit_open', 603],
  ['timeout', 604],
  ['pool_timeout', 604],
  ['connect_timeout', 604],
  ['write_timeout', 604],
  ['first_byte_timeout', 604],
  ['read_timeout', 604],
  ['attempt_timeout', 604],
  ['total_timeout', 604],
  ['deadline_exceeded', 604],
  ['connection_lost', 605],
  ['retries_exhausted', 606],
])

/** The HTTP status of an answer that tells of this failure. */
export function statusOfError(code: ErrorCode): number {
  return errorHttpStatus[code]
}

/** The status from 600 to 606 for a failure of a request to a third party, for the body of an answer. */
export function thirdPartyStatusOfError(code: ErrorCode): ThirdPartyStatus {
  return thirdParty.get(code) ?? HTTP_600_THIRD_PARTY_ERROR
}

/** The WebSocket close code for a failure: its own, or 1011 where it has none. */
export function closeCodeOfError(code: ErrorCode): number {
  // Browsers do not know the failures of hosts.
  return errorTable[code]?.closeCode ?? WS_1011_INTERNAL_ERROR
}

/** The most general failure that a status tells of, `bad_status` where it fits none; undefined below 400. */
export function errorOfStatus(status: number): ErrorCode | undefined {
  return byStatus.get(status) ?? (isError(status) ? 'bad_status' : undefined)
}

/** The failure that a WebSocket close code tells of; undefined for a normal end and for codes of other programs. */
export function errorOfCloseCode(code: number): ErrorCode | undefined {
  const ours = (name: string): name is ErrorCode => isErrorCode(name) && errorTable[name].closeCode === code
  return byCloseCode.get(code) ?? Object.keys(errorTable).find(ours)
}
