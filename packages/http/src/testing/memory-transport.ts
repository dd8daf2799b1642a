import { buffer } from 'node:stream/consumers'
import { PosthouseError, reasonOf } from '@posthouse/core'
import { type HeadersInput, HttpHeaders } from '../headers/http-headers.ts'
import { IncomingBody } from '../response/incoming-body.ts'
import type { HopRequest, HopResponse, Transport } from '../transport/transport.ts'

/** A request as the program under test sent it. */
export interface SentRequest {
  readonly method: string
  readonly url: URL
  readonly headers: HttpHeaders
  readonly body: Uint8Array
  /** 1 for the first try. */
  readonly attempt: number
  text(): string
  json(): unknown
}

/** What is answered. Of `json`, `text`, `bytes` and `chunks` one is given, or none. */
export interface GivenAnswer {
  /** Default 200. */
  readonly status?: number
  readonly statusText?: string
  readonly headers?: HeadersInput
  readonly json?: unknown
  readonly text?: string
  readonly bytes?: Uint8Array
  /** What comes piece by piece; what it throws breaks the body off. */
  readonly chunks?: AsyncIterable<Uint8Array>
}

/** Answers requests in the place of servers. What it throws is what the request fails with. */
export type AnswerRequest = (request: SentRequest) => GivenAnswer | Promise<GivenAnswer>

/** A transport without a network, for tests of programs that send requests. */
export interface MemoryTransport extends Transport {
  /** What was sent, the first request first. */
  readonly sent: readonly SentRequest[]
}

/**
 * Makes a transport whose requests are answered by a function. All that a client does is done as ever: retries, redirections,
 * deadlines, cookies, decompression.
 * @example
 * const transport = memoryTransport(({ url }) => ({ json: { path: url.pathname } }))
 * await using client = createHttpClient({ transport })
 */
export function memoryTransport(answer: AnswerRequest): MemoryTransport {
  const sent: SentRequest[] = []
  const transport: Transport = async (hop) => {
    const request = await sentRequest(hop)
    sent.push(request)
    return answered(await answer(request))
  }
  return Object.assign(transport, { sent })
}

/** Reads what a hop sends. */
export async function sentRequest({ method, url, headers, body, attempt }: HopRequest): Promise<SentRequest> {
  const bytes = body === undefined ? new Uint8Array() : await bytesOf(body.open())
  const text = (): string => Buffer.from(bytes).toString()
  return {
    method,
    url: new URL(url),
    headers: headers.copy(),
    body: bytes,
    attempt,
    text,
    json: () => JSON.parse(text()),
  }
}

async function bytesOf(content: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content)
  if (content instanceof Uint8Array) return content
  return buffer(content)
}

/** The answer as it would come from a server. */
export function answered(given: GivenAnswer): HopResponse {
  const { status = 200, statusText = '', headers: own, json, text, bytes, chunks } = given
  const headers = new HttpHeaders(own)
  const content = json === undefined ? (text ?? bytes ?? '') : JSON.stringify(json)
  if (json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
  if (text !== undefined && !headers.has('content-type')) headers.set('content-type', 'text/plain; charset=utf-8')
  if (chunks !== undefined) return { status, statusText, headers, body: IncomingBody.from(breakable(chunks)) }
  const whole = Buffer.from(content)
  if (!headers.has('content-length')) headers.set('content-length', String(whole.length))
  return { status, statusText, headers, body: IncomingBody.of(whole) }
}

async function* breakable(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks
  } catch (error) {
    if (error instanceof PosthouseError) throw error
    throw new PosthouseError('connection_lost', reasonOf(error), { cause: error })
  }
}
