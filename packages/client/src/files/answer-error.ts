import { type ErrorCode, isErrorCode, PosthouseError } from '@posthouse/core'
import type { Answer } from './platform.ts'

/** More than that of an answer says nothing about what went wrong. */
const readBytes = 65_536

/** What stands for an answer that does not name its failure. */
const byStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'token_expired',
  403: 'forbidden',
  404: 'unknown_file',
  409: 'offset_mismatch',
  413: 'file_too_large',
  416: 'bad_range',
  423: 'upload_busy',
  429: 'rate_limited',
  507: 'no_room',
}

/** The failure that an answer tells of. */
export async function answerError(answer: Answer, what: string): Promise<PosthouseError> {
  const told = await toldIn(answer)
  const unnamed = answer.status >= 500 ? 'unreachable' : 'unsupported'
  const code = told.code ?? byStatus[answer.status] ?? unnamed
  return new PosthouseError(code, `${what}: ${told.message ?? `the answer was ${answer.status}`}`)
}

async function toldIn(answer: Answer): Promise<{ readonly code?: ErrorCode; readonly message?: string }> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await readBody(answer, readBytes)))
    if (typeof value !== 'object' || value === null || !('code' in value) || typeof value.code !== 'string') return {}
    const message = 'message' in value && typeof value.message === 'string' ? value.message : value.code
    // Browsers lack the rows that only hosts report; they know the code all the same.
    return {
      message,
      ...((isErrorCode(value.code) || /^[a-z_]+$/.test(value.code)) && { code: value.code as ErrorCode }),
    }
  } catch {
    return {}
  }
}

/**
 * The body of an answer.
 * @throws PosthouseError `response_too_large` above so many bytes, or how it ended early
 */
export async function readBody(answer: Answer, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body) {
    size += chunk.length
    if (size > most) throw new PosthouseError('response_too_large', `the answer has more than ${most} bytes`)
    chunks.push(chunk)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** The SHA-256 in a `Repr-Digest` field (RFC 9530, section 3), in hexadecimal digits. */
export function reprDigest(field: string | undefined): string | undefined {
  const encoded = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):/.exec(field ?? '')?.[1]
  if (encoded === undefined) return undefined
  return Array.from(atob(encoded), (sign) => sign.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}
