import { PosthouseError } from '@posthouse/core'
import { HttpHeaders } from '../headers/http-headers.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { OutgoingBody } from '../request/outgoing-body.ts'
import type { Reply } from './messages.ts'
import { type Kind, type Mark, pack, plainKind, plainUnpackers, type Unpackers, unpack } from './packed.ts'
import { errorKind, errorUnpackers } from './packed-error.ts'
import { SyncHttpResponse, type SyncResponseParts } from './sync-response.ts'

type Callback = (...args: unknown[]) => unknown

/** Names of functions that only hear of something, and for which nobody waits. */
const told: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error', 'onUploadProgress', 'onProgress'])

/** Names of functions whose results are awaited there, so that requests go on meanwhile. */
const awaited: ReadonlySet<string> = new Set(['beforeRequest', 'afterResponse', 'onError'])

/** A request as a hook of the caller sees it: it may be changed, and is then sent like that. */
type SeenRequest = { -readonly [Name in keyof HttpRequest]: HttpRequest[Name] }

/** The caller's side of everything that crosses: its functions stay here, and are called here. */
export class CallerValues {
  readonly #functions = new Map<number, Callback>()
  #numbers = 0

  /** Packs options; their functions are kept until the returned list is forgotten. */
  pack(value: unknown, functions: number[] = []): unknown {
    const functionKind: Kind = {
      pack: (one, key) => {
        if (typeof one !== 'function') return undefined
        const fn = ++this.#numbers
        this.#functions.set(fn, one as Callback)
        functions.push(fn)
        return { $: 'function', fn, how: told.has(key) ? 'tell' : awaited.has(key) ? 'await' : 'block' }
      },
    }
    return pack(value, [functionKind, ...this.#kinds])
  }

  unpack(packed: unknown): unknown {
    return unpack(packed, this.#unpackers)
  }

  forget(functions: readonly number[]): void {
    for (const fn of functions) this.#functions.delete(fn)
  }

  /** Calls a function whose result is waited for. */
  ask(fn: number, packed: unknown): Reply {
    try {
      const args = this.unpack(packed) as unknown[]
      const value = this.#functions.get(fn)?.(...args)
      if (value instanceof Promise) {
        value.catch(() => undefined)
        const message = 'a function of the synchronous client returned a promise, for which nobody can wait'
        throw new PosthouseError('invalid_option', message)
      }
      const at = args.indexOf(value)
      const result =
        at >= 0 && typeof value === 'object' && value !== null ? { $: 'same', at } : pack(value, this.#kinds)
      const request = this.#seen.has(args[0] as object) ? pack(args[0], this.#kinds) : undefined
      return { kind: 'value', value: result, request }
    } catch (error) {
      const thrown = error instanceof Error ? error : new Error(String(error))
      return { kind: 'threw', error: pack(thrown, this.#kinds) }
    }
  }

  /** Calls a function that only hears of something; what it throws is its own affair. */
  tell(fn: number, packed: unknown): void {
    try {
      this.#functions.get(fn)?.(...(this.unpack(packed) as unknown[]))
    } catch {
      // As a logger that throws must not end the request that it was told of.
    }
  }

  readonly #seen = new WeakSet<object>()

  readonly #kinds: readonly Kind[] = [
    plainKind,
    errorKind(() => this.#kinds),
    {
      pack: (value) => {
        if (this.#seen.has(value)) return requestMark(value as SeenRequest)
        return value instanceof SyncHttpResponse ? responseMark(value, this.#kinds) : undefined
      },
    },
  ]

  readonly #unpackers: Unpackers = {
    ...plainUnpackers,
    ...errorUnpackers(() => this.#unpackers),
    response: (mark) => new SyncHttpResponse(unpack(mark.parts, this.#unpackers) as SyncResponseParts),
    request: (mark) => {
      const request = seenRequest(mark)
      this.#seen.add(request)
      return request
    },
  }
}

function responseMark(response: SyncHttpResponse, kinds: readonly Kind[]): Mark {
  const { status, statusText, headers, url, attempts, elapsedMs, redirects, request, failure } = response
  const parts = { status, statusText, headers, url, attempts, elapsedMs, redirects, request, failure }
  return { $: 'response', parts: pack({ ...parts, body: response.bytes() }, kinds) }
}

/** A body that stays in the other thread. Its number is how that one knows it again. */
const kept = new WeakMap<OutgoingBody, number>()

function seenRequest({ method, href, pairs, body, id, template, attempt, secrets }: Mark): SeenRequest {
  // Each `as` is what the other thread packs.
  return {
    method: method as string,
    url: new URL(href as string),
    headers: new HttpHeaders(pairs as [string, string][]),
    body: seenBody(body as PackedBody | undefined),
    id: id as string,
    template: template as string,
    attempt: attempt as number,
    secrets: secrets as ReadonlySet<string>,
    signal: new AbortController().signal,
  }
}

/** A body as it crosses: its content where that is known, and its number in the other thread. */
export interface PackedBody {
  readonly number: number
  readonly length: number | undefined
  readonly type: string | undefined
  readonly content: string | Uint8Array | undefined
}

function seenBody(packed: PackedBody | undefined): OutgoingBody | undefined {
  if (packed === undefined) return undefined
  const { number, length, type, content } = packed
  const open = (): string | Uint8Array => {
    if (content !== undefined) return content
    throw new PosthouseError('invalid_request', 'the body is a stream, which the synchronous client cannot show')
  }
  const body = { length, type, replayable: content !== undefined, open }
  kept.set(body, number)
  return body
}

function requestMark({ method, url, headers, body }: SeenRequest): Mark {
  const fields = { $: 'request', method, href: url.href, pairs: [...headers] }
  if (body === undefined) return fields
  const number = kept.get(body)
  if (number !== undefined) return { ...fields, body: number }
  const content = body.open()
  if (typeof content === 'string' || content instanceof Uint8Array) return { ...fields, content, type: body.type }
  throw new PosthouseError('invalid_request', 'the body of a request must be text or bytes in the synchronous client')
}
