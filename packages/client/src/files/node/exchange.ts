import { type IncomingMessage, type RequestOptions, request as sendPlain } from 'node:http'
import { request as sendSecure } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'
import type { Answer, Exchange } from '../platform.ts'

/**
 * Sends a request and resolves with the beginning of the answer.
 * @throws PosthouseError `connection_lost`, `aborted`, or what the body throws
 */
export function exchange(request: Exchange): Promise<Answer> {
  const { method, url, headers, body, signal } = request
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  if (signal.aborted) return Promise.reject(lost(signal.reason, request))
  const options: RequestOptions = { method, headers }
  const outgoing = (url.startsWith('https:') ? sendSecure : sendPlain)(url, options)
  const abort = (): void => void outgoing.destroy(asError(signal.reason))
  signal.addEventListener('abort', abort)
  outgoing.once('close', () => signal.removeEventListener('abort', abort))
  outgoing.once('response', (incoming) => {
    // Who refuses a body early is not sent the rest of it.
    incoming.once('close', () => {
      if (!outgoing.writableFinished) outgoing.destroy()
    })
    resolve(answerOf(incoming, request))
  })
  // The request only tells that it was cut off; why, its body knows.
  let bodyFailure: unknown
  const failed = (cause: unknown): void => {
    bodyFailure ??= cause
  }
  outgoing.on('error', (cause) => reject(lost(signal.aborted ? signal.reason : (bodyFailure ?? cause), request)))
  if (body === undefined || body instanceof Uint8Array) outgoing.end(body)
  else pipeline(Readable.from(noting(body, failed), streaming), outgoing).catch(() => undefined)
  return promise
}

const streaming = { objectMode: false, highWaterMark: 1_048_576 }

async function* noting(
  body: AsyncIterable<Uint8Array>,
  failed: (cause: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body
  } catch (cause) {
    failed(cause)
    throw cause
  }
}

function answerOf(incoming: IncomingMessage, request: Exchange): Answer {
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name.toLowerCase()]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body: bodyOf(incoming, request),
  }
}

async function* bodyOf(incoming: IncomingMessage, request: Exchange): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of incoming) yield chunk
  } catch (cause) {
    throw lost(request.signal.aborted ? request.signal.reason : cause, request)
  }
}

function lost(cause: unknown, { method, url, signal }: Exchange): PosthouseError {
  if (isPosthouseError(cause)) return cause
  const at = new URL(url)
  if (signal.aborted) return new PosthouseError('aborted', 'the caller gave up', { cause })
  return new PosthouseError('connection_lost', `${method} ${at.origin}${at.pathname} ended with: ${reasonOf(cause)}`, {
    cause,
  })
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(reasonOf(reason))
}
