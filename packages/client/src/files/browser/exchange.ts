import { isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'
import { readBody } from '../answer-error.ts'
import type { Answer, Exchange } from '../platform.ts'

/** Browsers send no streams over HTTP/1.1: what is sent is gathered first. The caller keeps that small. */
export async function exchange(request: Exchange): Promise<Answer> {
  const { method, url, headers, body, signal } = request
  try {
    const whole = body === undefined || body instanceof Uint8Array ? body : await gathered(body)
    const sent = { method, headers: withoutLength(headers), signal, cache: 'no-store' as const }
    const response = await fetch(url, whole === undefined ? sent : { ...sent, body: whole as Uint8Array<ArrayBuffer> })
    return answerOf(response, request)
  } catch (cause) {
    throw lost(cause, request)
  }
}

function answerOf(response: Response, request: Exchange): Answer {
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: bodyOf(response, request),
  }
}

async function* bodyOf(response: Response, request: Exchange): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch (cause) {
    throw lost(cause, request)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function gathered(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const nothing = { status: 0, header: () => undefined, body }
  return readBody(nothing, Number.POSITIVE_INFINITY)
}

/** Browsers set it themselves, and complain about whoever does. */
function withoutLength({ 'content-length': _, ...headers }: Readonly<Record<string, string>>): Record<string, string> {
  return headers
}

function lost(cause: unknown, { method, url, signal }: Exchange): PosthouseError {
  const reason: unknown = signal.aborted ? signal.reason : cause
  if (isPosthouseError(reason)) return reason
  if (signal.aborted) return new PosthouseError('aborted', 'the caller gave up', { cause: reason })
  const at = new URL(url)
  return new PosthouseError('unreachable', `${method} ${at.origin}${at.pathname} ended with: ${reasonOf(reason)}`, {
    cause: reason,
  })
}
