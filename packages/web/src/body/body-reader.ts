import type { IncomingMessage } from 'node:http'
import { type Readable, Transform } from 'node:stream'
import { problem } from '../problem/problem.ts'
import type { BodyGuard, Pace } from './body-guard.ts'
import { type BodyKind, takes } from './body-kind.ts'
import { parseJson } from './json.ts'

/** How bodies of one endpoint are read. */
export interface BodyRules {
  /** Nothing for JSON. */
  readonly kind: BodyKind | undefined
  readonly limit: number
  readonly pace: Pace
}

/**
 * Reads the body of a request: JSON, or as the endpoint says.
 *
 * @throws Problem 400, 408, 413 or 415
 */
export function readBody(request: IncomingMessage, rules: BodyRules, guard: BodyGuard): unknown {
  const { kind, limit } = rules
  const { headers } = request
  assertTaken(kind, headers['content-type'])
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
  if (kind === undefined) return collect(request, rules, guard)
  return kind.read(counted(request, rules, guard), headers)
}

function assertTaken(kind: BodyKind | undefined, contentType: string | undefined): void {
  if (kind === undefined ? isJson(contentType) : takes(kind.mediaTypes, contentType)) return
  const wanted = kind?.mediaTypes.join(', ') ?? 'application/json'
  const given = contentType === undefined ? 'without a Content-Type' : 'of another type'
  throw problem(415, `This endpoint takes ${wanted}; the body came ${given}`, { code: 'unsupported_media_type' })
}

/** `application/json`, or another type that is JSON by its name (RFC 6839); charsets besides UTF-8 do not exist for it. */
function isJson(contentType = ''): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === 'application/json' || /^application\/[\w.!#$&^-]+\+json$/.test(type)
}

/** The JSON of a body, read without a stream in between: this is the way that nearly all bodies go. */
function collect(request: IncomingMessage, { limit, pace }: BodyRules, guard: BodyGuard): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let done = false
    const fail = (error: Error) => {
      unwatch()
      request.off('data', take)
      request.pause()
      reject(error)
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) fail(tooLarge(limit))
      else chunks.push(chunk)
    }
    const end = () => {
      done = true
      unwatch()
      try {
        resolve(parseJson(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
      } catch (error) {
        reject(error)
      }
    }
    const cut = () => {
      // A failure takes its stack when it is made: none is made for a body that has come.
      if (done) return
      unwatch()
      reject(cutOff())
    }
    const unwatch = guard.watch(request, pace, fail)
    request.on('data', take).on('end', end).on('error', cut).on('close', cut)
  })
}

/** The body as a stream that errors above the limit, and when it comes too slowly. */
function counted(request: IncomingMessage, { limit, pace }: BodyRules, guard: BodyGuard): Readable {
  let size = 0
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > limit) done(tooLarge(limit))
      else done(null, chunk)
    },
  })
  // Whoever does not read the body does not hear of its errors.
  body.on('error', () => undefined)
  const cut = () => body.writableEnded || body.destroy(cutOff())
  request.once('error', cut)
  request.once('close', cut)
  request.pipe(body)
  const unwatch = guard.watch(request, pace, (error) => body.destroy(error))
  request.once('end', unwatch)
  request.once('close', unwatch)
  return body
}

function tooLarge(limit: number): Error {
  return problem(413, `The body is larger than ${limit} bytes`, {
    code: 'body_too_large',
    headers: { connection: 'close' },
  })
}

function cutOff(): Error {
  return problem(400, 'The body ended before its end', { code: 'aborted' })
}
