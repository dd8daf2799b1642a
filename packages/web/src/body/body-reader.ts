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

/** Is told what a body held, or why it could not be read. */
export type BodyDone = (error: Error | null, body?: unknown) => void

/** Reads the body of a request, where it has one: JSON, or as the endpoint says. Tells `done` of a `Problem` 400, 408, 413 or 415. */
export function readBody(request: IncomingMessage, rules: BodyRules, guard: BodyGuard, done: BodyDone): void {
  const { kind, limit } = rules
  const { 'content-type': type, 'content-length': length = '0', 'transfer-encoding': coding } = request.headers
  if (type === undefined && coding === undefined && length === '0') readNothing(kind, done)
  else if (!(kind === undefined ? isJson(type) : takes(kind.mediaTypes, type))) done(wrongType(kind, type))
  else if (Number(length) > limit) done(tooLarge(limit))
  else if (kind === undefined) collect(request, rules, guard, done)
  else readKind(kind, request, counted(request, rules, guard)).then((body) => done(null, body), done)
}

/** Whether a JSON body may be missing is the schema's to say. */
function readNothing(kind: BodyKind | undefined, done: BodyDone): void {
  let body: unknown
  let fault: Error | null = null
  try {
    body = kind?.absent()
  } catch (error) {
    fault = error as Error
  }
  done(fault, body)
}

async function readKind(kind: BodyKind, { headers }: IncomingMessage, body: Readable): Promise<unknown> {
  return kind.read(body, headers)
}

function wrongType(kind: BodyKind | undefined, contentType: string | undefined): Error {
  const wanted = kind?.mediaTypes.join(', ') ?? 'application/json'
  const given = contentType === undefined ? 'without a Content-Type' : 'of another type'
  return problem(415, `This endpoint takes ${wanted}; the body came ${given}`, { code: 'unsupported_media_type' })
}

/** `application/json`, or another type that is JSON by its name (RFC 6839); charsets besides UTF-8 do not exist for it. */
function isJson(contentType = ''): boolean {
  if (contentType === 'application/json') return true
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return type === 'application/json' || /^application\/[\w.!#$&^-]+\+json$/.test(type)
}

/** The JSON of a body, read without a stream or a promise in between: this is the way that nearly all bodies go. */
function collect(request: IncomingMessage, { limit, pace }: BodyRules, guard: BodyGuard, done: BodyDone): void {
  const chunks: Buffer[] = []
  let size = 0
  let over = false
  const finish = (error: Error | null, body?: unknown) => {
    over = true
    unwatch()
    done(error, body)
  }
  const fail = (error: Error) => {
    request.off('data', take)
    request.pause()
    finish(error)
  }
  const take = (chunk: Buffer) => {
    size += chunk.length
    if (size > limit) fail(tooLarge(limit))
    else chunks.push(chunk)
  }
  const end = () => {
    if (over) return
    // Node takes off what is still there after the response, in a slower way.
    request.off('data', take)
    const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    readJson(bytes, finish)
  }
  const cut = () => {
    // A failure takes its stack when it is made: none is made for a body that has come.
    if (!over) finish(cutOff())
  }
  const unwatch = guard.watch(request, pace, fail)
  request.on('data', take).on('end', end).on('error', cut).on('close', cut)
}

/** What `done` throws is not about the body. */
function readJson(bytes: Buffer, done: BodyDone): void {
  let body: unknown
  let fault: Error | null = null
  try {
    body = parseJson(bytes)
  } catch (error) {
    fault = error as Error
  }
  done(fault, body)
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
