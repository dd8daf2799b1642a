import { isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'it hangs up without an answer: a hub with a certificate wants wss://',
  ENOTFOUND: 'no computer has that name',
  EAI_AGAIN: 'the name service does not answer',
  ETIMEDOUT: 'the computer does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'the computer does not answer',
  EHOSTUNREACH: 'there is no way to that computer',
  ENETUNREACH: 'there is no way to that network',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS there: try ws:// instead of wss://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS there: try ws:// instead of wss://',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: compare the clocks',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: name it with --ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not known here: name that with --ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes from an authority that is not known here: name that with --ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate comes from an authority that is not known here: name that with --ca',
}

/** The code that the platform gave to a failure, if any. */
export function systemCode(error: unknown): string | undefined {
  const [first] = error instanceof AggregateError ? error.errors : [error]
  const code = typeof first === 'object' && first !== null && 'code' in first ? first.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Whether something listens there and only TLS with it fails. */
export function isTlsTrouble(error: unknown): boolean {
  return /CERT|TLS|SSL|SIGNATURE/.test(systemCode(error) ?? '')
}

/** A failure of the network in words, with its code. */
export function networkReason(error: unknown): string {
  const code = systemCode(error)
  if (code === undefined) return reasonOf(error)
  return `${reasons[code] ?? reasonOf(error)} (${code})`
}

/** A request that met nobody fails with the address that the user gave, and why. What else it failed of stays as it is. */
export function unanswered(url: string, error: unknown): unknown {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  if (!isPosthouseError(error) || error.code !== 'unreachable' || systemCode(cause) === undefined) return error
  return new PosthouseError('unreachable', `the hub at ${url} does not answer: ${networkReason(cause)}`, {
    cause: error,
  })
}
