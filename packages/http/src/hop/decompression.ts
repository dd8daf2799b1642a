import { aFlag, either, numberFrom, optionsOf, type Rule } from '@posthouse/core/options'
import { emptyRecord, HttpHeaders } from '../headers/http-headers.ts'
import { IncomingBody } from '../response/incoming-body.ts'
import type { HopInterceptor, HopRequest, HopResponse } from '../transport/transport.ts'
import { type DecodeLimits, decoded, knownEncodings } from './decode-stream.ts'

/** How bodies are decompressed. */
export interface DecompressOptions {
  /** The most bytes that a body may become. Default 64 MiB. */
  readonly maxBytes?: number
  /** How many times larger than on the wire a body may become, once it has passed 1 MiB. Default 200. */
  readonly maxRatio?: number
}

export const decompressRule: Rule = either(
  aFlag,
  optionsOf<DecompressOptions>({ maxBytes: numberFrom(1), maxRatio: numberFrom(1) }),
)

/** What a client asks for that decompresses. */
export const acceptedEncodings = 'gzip, deflate, br, zstd'

/**
 * Gives compressed bodies decompressed, without the headers that told of it. Bodies in an encoding that is not
 * known stay as they are. While a body is read it fails with `response_too_large` when it grows beyond the limits, and with
 * `decode_failed` when it is damaged, ends too early, or was encoded more than twice.
 */
export function decompression(options: DecompressOptions = {}): HopInterceptor {
  const limits: DecodeLimits = {
    maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
    maxRatio: options.maxRatio ?? 200,
  }
  return (request, next) => {
    const look = (response: HopResponse): HopResponse => {
      const encodings = encodingsOf(response.headers)
      const hasBody = request.method !== 'HEAD' && response.status !== 204 && response.status !== 304
      return encodings === undefined || !hasBody ? response : opened(response, encodings, limits)
    }
    // As with redirections, no async function.
    return Promise.resolve(next(asking(request))).then(look)
  }
}

// Part of a compressed body cannot be decompressed by itself.
function asking(request: HopRequest): HopRequest {
  const { headers } = request
  if (!headers.has('range') || headers.get('accept-encoding') !== acceptedEncodings) return request
  return request.derive({ headers: headers.copy().set('accept-encoding', 'identity') })
}

/** In the order in which they were applied; undefined where there is nothing to do, or nobody knows how. */
function encodingsOf(headers: HttpHeaders): readonly string[] | undefined {
  const value = headers.get('content-encoding')
  if (value === undefined) return undefined
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  return names.length > 0 && names.every((name) => knownEncodings.has(name)) ? names : undefined
}

function opened(response: HopResponse, encodings: readonly string[], limits: DecodeLimits): HopResponse {
  const fields = emptyRecord()
  for (const [name, value] of Object.entries(response.headers.toRecord())) {
    if (name !== 'content-encoding' && name !== 'content-length') fields[name] = value
  }
  const body = IncomingBody.from(stopping(response.body, encodings, limits), (reason) => response.body.stop(reason))
  return { ...response, headers: HttpHeaders.received(fields), body }
}

/** Nothing more is taken from the network once the body is refused. */
async function* stopping(
  body: IncomingBody,
  encodings: readonly string[],
  limits: DecodeLimits,
): AsyncGenerator<Uint8Array> {
  try {
    yield* decoded(body, encodings, limits)
  } catch (error) {
    body.stop(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}
