import type { ErrorCode } from '@posthouse/core'

/** Statuses that document 004 has for what third parties did wrong. They stand in bodies, never on the wire. */
export type ThirdPartyStatus = 600 | 601 | 602 | 603 | 604 | 605 | 606

const statuses: Readonly<Partial<Record<ErrorCode, ThirdPartyStatus>>> = {
  bad_status: 601,
  too_many_redirects: 601,
  redirect_refused: 601,
  bad_response: 602,
  truncated_body: 602,
  decode_failed: 602,
  response_too_large: 602,
  invalid_json: 602,
  schema_mismatch: 602,
  connect_failed: 603,
  dns_failed: 603,
  tls_failed: 603,
  proxy_failed: 603,
  unreachable: 603,
  circuit_open: 603,
  timeout: 604,
  pool_timeout: 604,
  connect_timeout: 604,
  write_timeout: 604,
  first_byte_timeout: 604,
  read_timeout: 604,
  attempt_timeout: 604,
  total_timeout: 604,
  deadline_exceeded: 604,
  connection_lost: 605,
}

/** The status of document 004 for an error; 600 where it has none of its own. */
export function thirdPartyStatusOf(code: ErrorCode): ThirdPartyStatus {
  return statuses[code] ?? 600
}
