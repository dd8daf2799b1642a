import { OutgoingRequest } from '../client/outgoing-request.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import type { OutgoingBody } from '../request/outgoing-body.ts'
import type { HttpResponse as ResponseClass } from '../response/http-response.ts'
import { HttpResponse } from '../response/http-response.ts'
import type { PackedBody } from './caller-values.ts'
import type { Reply } from './messages.ts'
import { type Kind, type Mark, pack, plainKind, plainUnpackers, type Unpackers, unpack } from './packed.ts'
import { errorKind, errorUnpackers } from './packed-error.ts'

/** How functions of the caller are called. */
export interface CallerLine {
  /** Calls one and stands still until there is its result. */
  block(fn: number, args: unknown): Reply
  /** Calls one; other requests go on meanwhile. */
  ask(fn: number, args: unknown): Promise<Reply>
  /** Calls one when there is time. */
  tell(fn: number, args: unknown): void
}

/** Bodies up to this size are shown to hooks. */
const shownBytes = 16 * 1024 * 1024

/** The other side of `CallerValues`: functions of the caller become functions that are called over there. */
export class WorkerValues {
  readonly #line: CallerLine
  /** Bodies that hooks have seen, by their numbers. */
  readonly #bodies = new Map<number, WeakRef<OutgoingBody>>()
  readonly #numbers = new WeakMap<OutgoingBody, number>()
  #next = 0

  constructor(line: CallerLine) {
    this.#line = line
  }

  pack(value: unknown): unknown {
    return pack(value, this.#kinds)
  }

  unpack(packed: unknown): unknown {
    return unpack(packed, this.#unpackers)
  }

  readonly #kinds: readonly Kind[] = [
    plainKind,
    errorKind(() => this.#kinds),
    {
      pack: (value) => {
        if (value instanceof OutgoingRequest) return this.#requestMark(value)
        if (value instanceof HttpResponse) return this.#responseMark(value)
        return undefined
      },
    },
  ]

  readonly #unpackers: Unpackers = {
    ...plainUnpackers,
    ...errorUnpackers(() => this.#unpackers),
    function: (mark) => this.#function(mark),
    response: ({ parts }) => this.#response(unpack(parts, this.#unpackers) as Parts),
    request: (mark) => this.#changes(mark),
  }

  #function({ fn, how }: Mark): (...args: unknown[]) => unknown {
    const number = Number(fn)
    if (how === 'tell') return (...args) => this.#line.tell(number, this.pack(args))
    if (how === 'block') return (...args) => this.#result(this.#line.block(number, this.pack(args)), args)
    return async (...args) => this.#result(await this.#line.ask(number, this.pack(args)), args)
  }

  #result(reply: Reply, args: readonly unknown[]): unknown {
    if (reply.kind === 'threw') throw this.unpack(reply.error)
    const [request] = args
    if (request instanceof OutgoingRequest && reply.request !== undefined) {
      request.adopt({ ...request, ...this.#changes(reply.request as Mark), signal: request.signal })
    }
    const value = reply.value as Mark | undefined
    return value?.$ === 'same' ? args[Number(value.at)] : this.unpack(value)
  }

  #requestMark(request: OutgoingRequest): Mark {
    const { method, url, headers, body, id, template, attempt, secrets } = request
    const fields = { $: 'request', method, href: url.href, pairs: [...headers], id, template, attempt, secrets }
    return body === undefined ? fields : { ...fields, body: this.#packedBody(body) }
  }

  #packedBody(body: OutgoingBody): PackedBody {
    const number = this.#numbers.get(body) ?? ++this.#next
    this.#numbers.set(body, number)
    this.#bodies.set(number, new WeakRef(body))
    const known = body.replayable && body.length !== undefined && body.length <= shownBytes
    const content = known ? body.open() : undefined
    const shown = typeof content === 'string' || content instanceof Uint8Array ? content : undefined
    return { number, length: body.length, type: body.type, content: shown }
  }

  /** What a hook has made of a request. Each `as` is what the other thread packs. */
  #changes({
    method,
    href,
    pairs,
    body,
    content,
    type,
  }: Mark): Pick<OutgoingRequest, 'method' | 'url' | 'headers' | 'body'> {
    const url = new URL(href as string)
    const headers = new HttpHeaders(pairs as [string, string][])
    const fields = { method: method as string, url, headers }
    if (content !== undefined) return { ...fields, body: bodyOf(content as string | Uint8Array, type as string) }
    return { ...fields, body: this.#bodies.get(Number(body))?.deref() }
  }

  #responseMark(response: ResponseClass): Mark {
    const { status, statusText, headers, url, attempts, elapsedMs, redirects, request, failure } = response
    const parts = { status, statusText, headers, url, attempts, elapsedMs, redirects, request, failure }
    return { $: 'response', parts: this.pack({ ...parts, body: response.content ?? new Uint8Array() }) }
  }

  #response({ request, ...parts }: Parts): HttpResponse {
    const { method, url, headers } = request
    const subject = { method, url: new URL(url), headers: new HttpHeaders(headers), attempt: parts.attempts }
    return new HttpResponse({ ...parts, subject })
  }
}

type Parts = Omit<ConstructorParameters<typeof HttpResponse>[0], 'subject' | 'body'> & {
  readonly body: Uint8Array
  readonly request: HttpResponse['request']
}

function bodyOf(content: string | Uint8Array, type: string | undefined): OutgoingBody {
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length
  return { length, type, replayable: true, open: () => content }
}
