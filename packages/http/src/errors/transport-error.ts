import { type ErrorCode, isPosthouseError, PosthouseError } from '@posthouse/core'

/** How far a request had come when it failed. */
export type Progress = 'connecting' | 'sending' | 'body'

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOTFOUND: 'dns_failed',
  EAI_AGAIN: 'dns_failed',
  EAI_FAIL: 'dns_failed',
  EAI_NODATA: 'dns_failed',
  EAI_NONAME: 'dns_failed',
  ECONNREFUSED: 'connect_failed',
  EHOSTUNREACH: 'connect_failed',
  EHOSTDOWN: 'connect_failed',
  ENETUNREACH: 'connect_failed',
  ENETDOWN: 'connect_failed',
  EADDRNOTAVAIL: 'connect_failed',
  EACCES: 'connect_failed',
  ENOENT: 'connect_failed',
  ETIMEDOUT: 'connect_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  UND_ERR_HEADERS_TIMEOUT: 'first_byte_timeout',
  UND_ERR_BODY_TIMEOUT: 'read_timeout',
  ECONNRESET: 'connection_lost',
  ECONNABORTED: 'connection_lost',
  EPIPE: 'connection_lost',
  UND_ERR_SOCKET: 'connection_lost',
  UND_ERR_INFO: 'connection_lost',
  UND_ERR_CLOSED: 'closed',
  UND_ERR_DESTROYED: 'closed',
  UND_ERR_ABORTED: 'aborted',
  UND_ERR_HEADERS_OVERFLOW: 'bad_response',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'response_too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'bad_response',
  UND_ERR_INVALID_ARG: 'invalid_request',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'invalid_request',
  UND_ERR_NOT_SUPPORTED: 'invalid_request',
}

/** What can be said only of a connection that is not made yet. Of one that is, the request may have been carried out. */
const connecting: ReadonlySet<ErrorCode> = new Set(['dns_failed', 'connect_failed', 'connect_timeout'])

const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH)/

/** What failed below us, as one of our codes, with the original as its cause. */
export function transportError(error: unknown, progress: Progress): PosthouseError {
  if (isPosthouseError(error)) return error
  forgetContent(error)
  const { code = '', message = String(error) } = facts(error)
  return new PosthouseError(codeOf(code, progress), sentenceOf(code, message), { cause: error })
}

/** Parsers quote what they could not read, which may be anything that the server sent. */
function forgetContent(error: unknown): void {
  if (error instanceof Error && 'data' in error) Reflect.deleteProperty(error, 'data')
}

function codeOf(code: string, progress: Progress): ErrorCode {
  const known = codes[code]
  // The server closed properly, but in the middle: what came is a part of the whole.
  if (known === 'connection_lost' && progress === 'body' && code !== 'ECONNRESET') return 'truncated_body'
  if (known === 'connection_lost' && progress === 'connecting') return 'connect_failed'
  // A kernel that gets no acknowledgement of a request that is under way says ETIMEDOUT or EHOSTUNREACH, too.
  if (known !== undefined && connecting.has(known) && progress !== 'connecting') return 'connection_lost'
  if (known !== undefined) return known
  if (code.startsWith('HPE_')) return 'bad_response'
  if (tlsCode.test(code)) return 'tls_failed'
  return progress === 'connecting' ? 'connect_failed' : 'connection_lost'
}

function sentenceOf(code: string, message: string): string {
  if (message === '') return code
  return code === '' || message.includes(code) ? message : `${message} (${code})`
}

function ownCode(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** An AggregateError of several addresses has no message of its own. */
function facts(error: unknown): { readonly code?: string; readonly message?: string } {
  if (!(error instanceof Error)) return {}
  const inner = error instanceof AggregateError ? error.errors.find((one) => one instanceof Error) : undefined
  const code = error.name === 'HTTPParserError' ? 'HPE_INVALID' : ownCode(error)
  const message = error.message || (inner instanceof Error ? inner.message : '')
  return code === undefined ? { message } : { code, message }
}
