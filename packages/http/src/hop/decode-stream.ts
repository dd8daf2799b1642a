import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'

/** How much a body may become. */
export interface DecodeLimits {
  readonly maxBytes: number
  readonly maxRatio: number
}

type Chunks = AsyncIterable<Uint8Array>

/** Names of encodings that `decoded` knows. */
export const knownEncodings: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd'])

/** Each layer costs as much as a body, and nobody has a reason for three. */
const mostLayers = 2

/** Small bodies may be repetitive without being an attack. */
const ratioFloorBytes = 1024 * 1024

/** RFC 9659: no decoder need hold more than 8 MiB. */
const zstdWindowLog = 23

/** The bytes that `chunks` stand for, by the encodings in the order in which they were applied. */
export function decoded(chunks: Chunks, encodings: readonly string[], limits: DecodeLimits): Chunks {
  if (encodings.length > mostLayers) throw tooOften(encodings)
  const wire = { bytes: 0 }
  let flow: Chunks = counted(chunks, wire)
  for (const name of encodings.toReversed()) flow = limited(undone(flow, name), wire, limits)
  return flow
}

async function* counted(chunks: Chunks, wire: { bytes: number }): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    wire.bytes += chunk.length
    yield chunk
  }
}

/** Each layer has the limits to itself, so that what lies between two layers cannot grow beyond them either. */
async function* limited(
  chunks: Chunks,
  wire: { readonly bytes: number },
  limits: DecodeLimits,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > limits.maxBytes) throw tooLarge(`more than ${limits.maxBytes} bytes; see decompress.maxBytes`)
    if (bytes > ratioFloorBytes && bytes > wire.bytes * limits.maxRatio) {
      throw tooLarge(`more than ${limits.maxRatio} times what came over the wire; see decompress.maxRatio`)
    }
    yield chunk
  }
}

/** Takes one layer away. An empty body is empty in every encoding. */
async function* undone(chunks: Chunks, name: string): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]()
  const first = await source.next()
  if (first.done) return
  const decoder = decoderFor(name, first.value)
  // Who reads the decoder gets the error of the source as well, so that of the pipeline is not needed.
  pipeline(Readable.from(rejoined(first.value, source), { objectMode: false }), decoder).catch(() => undefined)
  try {
    yield* decoder as Chunks
  } catch (error) {
    throw asFailure(error, name)
  } finally {
    decoder.destroy()
  }
}

async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next: IteratorResult<Uint8Array> = { value: first }; !next.done; next = await rest.next()) yield next.value
}

function decoderFor(name: string, first: Uint8Array): Transform {
  if (name === 'br') return createBrotliDecompress()
  if (name === 'zstd') return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } })
  if (name !== 'deflate') return createGunzip()
  return isZlib(first) ? createInflate() : createInflateRaw()
}

// RFC 9110 means the zlib format (RFC 1950) by "deflate"; some servers send what it wraps, without the wrapping.
function isZlib([method = 0, flags = 0]: Uint8Array): boolean {
  return (method & 15) === 8 && (method * 256 + flags) % 31 === 0
}

function tooOften(encodings: readonly string[]): PosthouseError {
  const message = `the body was encoded ${encodings.length} times (${encodings.join(', ')}); at most ${mostLayers} are undone`
  return new PosthouseError('decode_failed', message)
}

function tooLarge(what: string): PosthouseError {
  return new PosthouseError('response_too_large', `the decompressed body has ${what}`)
}

function asFailure(error: unknown, name: string): unknown {
  const { code } = error as { code?: unknown }
  const isDamage = typeof code === 'string' && /^(Z_|ERR_|ZSTD_)/.test(code)
  if (isPosthouseError(error) || !isDamage) return error
  return new PosthouseError('decode_failed', `the body is no ${name}: ${reasonOf(error)}`, { cause: error })
}
