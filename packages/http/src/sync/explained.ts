import { isHttpError } from '../errors/http-error.ts'

const silence: ReadonlySet<string> = new Set(['first_byte_timeout', 'read_timeout', 'attempt_timeout', 'total_timeout'])

/** A server of one's own thread cannot answer while that thread waits, which looks like a server that is slow. */
export function explained(error: unknown): unknown {
  if (!isHttpError(error) || !silence.has(error.code)) return error
  const host = URL.parse(error.request?.url ?? '')?.hostname ?? ''
  if (!/^(localhost|127\.|\[::1\])/.test(host)) return error
  const hint = 'a server in the thread that waits cannot answer; if it is one, use the asynchronous client'
  error.message = `${error.message}; ${hint}`
  return error
}
