import { Readable } from 'node:stream'
import { PosthouseError } from '@posthouse/core'
import { type MultipartInput, multipartBody } from './multipart.ts'

/** What is sent below a request's head. */
export interface OutgoingBody {
  /** Bytes, or `undefined` where that is known only at the end. */
  readonly length: number | undefined
  /** The `content-type` where the caller names none. */
  readonly type?: string | undefined
  /** True where `open` can be called again, for a new attempt or a redirection. */
  readonly replayable: boolean
  /** The content from its beginning. */
  open(): string | Uint8Array | AsyncIterable<Uint8Array>
}

/** What streams chunks. */
export type ChunkSource =
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>
  | ReadableStream<Uint8Array>

/** A body as callers give it. A function is asked for the content anew at each attempt, which makes it repeatable. */
export type BodyInput =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | URLSearchParams
  | FormData
  | ChunkSource
  | (() => ChunkSource)

/** A form's fields; a list repeats its key, `undefined` and `null` leave it out. */
export type FormInput = URLSearchParams | Readonly<Record<string, FormValue | readonly FormValue[]>>
type FormValue = string | number | boolean | bigint | null | undefined

/** How far an upload or a download has come. */
export interface Progress {
  /** Bytes so far. */
  readonly transferred: number
  /** Bytes in all, or `undefined` where that is not known. */
  readonly total: number | undefined
}

/** At most one of these is given; where there are more, `json` wins, then `form`, `multipart` and `body`. */
export interface BodyOptions {
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: FormInput | undefined
  /** Sent as `multipart/form-data`: fields and files. */
  readonly multipart?: MultipartInput | undefined
  /** Sent as it is. */
  readonly body?: BodyInput | undefined
  /** Told after each piece of the body has gone to the connection. */
  readonly onUploadProgress?: ((progress: Progress) => void) | undefined
}

/**
 * The body of a request, or `undefined` where it has none.
 * @throws `invalid_request`
 */
export function outgoingBody(options: BodyOptions): OutgoingBody | undefined {
  const body = bodyOf(options)
  const { onUploadProgress } = options
  return body === undefined || onUploadProgress === undefined ? body : watched(body, onUploadProgress)
}

function bodyOf({ json, form, multipart, body }: BodyOptions): OutgoingBody | undefined {
  if (json !== undefined) return jsonBody(json)
  if (form !== undefined) return formBody(form)
  if (multipart !== undefined) return multipartBody(multipart)
  return body === undefined ? undefined : anyBody(body)
}

function jsonBody(value: unknown): OutgoingBody {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new PosthouseError('invalid_request', 'json has something that JSON cannot say', { cause })
  }
  if (text === undefined) throw new PosthouseError('invalid_request', `json is a ${typeof value}`)
  return bytesBody(text, 'application/json')
}

function formBody(form: FormInput): OutgoingBody {
  const type = 'application/x-www-form-urlencoded'
  if (form instanceof URLSearchParams) return bytesBody(form.toString(), type)
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) fields.append(name, String(one))
    }
  }
  return bytesBody(fields.toString(), type)
}

function anyBody(body: BodyInput): OutgoingBody {
  if (typeof body === 'string') return bytesBody(body, 'text/plain; charset=utf-8')
  if (body instanceof Uint8Array) return bytesBody(body)
  if (body instanceof ArrayBuffer) return bytesBody(new Uint8Array(body))
  if (body instanceof URLSearchParams) return formBody(body)
  if (body instanceof FormData) return multipartBody(body)
  if (body instanceof Blob) return blobBody(body)
  if (typeof body === 'function') return { length: undefined, replayable: true, open: () => bytesOf(body()) }
  if (isChunkSource(body)) return onceBody(body)
  const kind = body === null ? 'null' : `a ${typeof body}`
  throw new PosthouseError(
    'invalid_request',
    `body must be text, bytes, a Blob, a form, a stream or a function, not ${kind}`,
  )
}

function isChunkSource(body: ChunkSource): boolean {
  return typeof body === 'object' && body !== null && (Symbol.asyncIterator in body || Symbol.iterator in body)
}

function bytesBody(content: string | Uint8Array, type?: string): OutgoingBody {
  const length = typeof content === 'string' ? Buffer.byteLength(content) : content.length
  return { length, type, replayable: true, open: () => content }
}

function blobBody(blob: Blob): OutgoingBody {
  const { size: length, type } = blob
  return { length, type: type === '' ? undefined : type, replayable: true, open: () => bytesOf(blob.stream()) }
}

/** It counts as sent once it has been read from: an attempt that found no connection has not. */
function onceBody(source: ChunkSource): OutgoingBody {
  let begun = false
  async function* open(): AsyncIterable<Uint8Array> {
    if (begun) throw new PosthouseError('invalid_request', 'the body is a stream, which can be sent only once')
    begun = true
    yield* bytesOf(source)
  }
  return { length: undefined, replayable: false, open }
}

async function* bytesOf(source: ChunkSource): AsyncIterable<Uint8Array> {
  // A Readable may hand out strings too; both kinds are iterable.
  const chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string> =
    source instanceof ReadableStream ? Readable.fromWeb(source as never) : source
  for await (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/** What goes out at once is counted in pieces of this size, so that progress is seen. */
const pieceBytes = 64 * 1024

function watched(body: OutgoingBody, onProgress: (progress: Progress) => void): OutgoingBody {
  async function* open(): AsyncIterable<Uint8Array> {
    let transferred = 0
    for await (const chunk of inPieces(body.open())) {
      yield chunk
      transferred += chunk.length
      onProgress({ transferred, total: body.length })
    }
  }
  return { ...body, open }
}

async function* inPieces(content: string | Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return yield* content
  const bytes = Buffer.from(content)
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
