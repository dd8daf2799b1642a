import type { IncomingHttpHeaders } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { Busboy, type BusboyConfig, type BusboyEvents, type BusboyInstance } from '@fastify/busboy'
import { checkOptions, numberFrom, type Rules, wholeFrom } from '@posthouse/core/options'
import { problem } from '../problem/problem.ts'
import { anything, type BodySchema, withKind } from './body-kind.ts'
import { required } from './required.ts'

/** One part of an upload: a field, or a file that is read while it arrives. */
export type Part =
  | { readonly kind: 'field'; readonly name: string; readonly value: string }
  | {
      readonly kind: 'file'
      readonly name: string
      /** As the client called it; the last segment only, and never to be trusted as a path. */
      readonly filename: string
      readonly mediaType: string
      /** Must be read, or destroyed, before the next part comes. Errors with a `Problem` above `fileBytes`. */
      readonly stream: Readable
    }

/** Limits of an upload, besides the `bodyLimit` of its endpoint. */
export interface MultipartLimits {
  /** Largest file, in bytes. Default: 1 MiB. */
  readonly fileBytes?: number
  /** Default: 10. */
  readonly files?: number
  /** Default: 100. */
  readonly fields?: number
  /** Largest value of a field, in bytes. Default: 64 KiB. */
  readonly fieldBytes?: number
}

const rules: Rules<MultipartLimits> = {
  fileBytes: numberFrom(0),
  files: wholeFrom(0),
  fields: wholeFrom(0),
  fieldBytes: numberFrom(0),
}

/**
 * A body of files and fields (`multipart/form-data`) as its parts, one after another, while they arrive.
 *
 * @throws PosthouseError `invalid_option`
 * @example
 * app.post('/files', { body: multipart({ fileBytes: 10e6 }), bodyLimit: 11e6 }, async ({ body }) => {
 *   for await (const part of body) if (part.kind === 'file') await pipeline(part.stream, createWriteStream(newName()))
 * })
 */
export function multipart(limits: MultipartLimits = {}): BodySchema<FormData, AsyncIterable<Part>> {
  checkOptions('multipart', limits, rules)
  return withKind(anything<FormData, AsyncIterable<Part>>(), {
    mediaTypes: ['multipart/form-data'],
    streamed: true,
    read: (body, headers) => readParts(body, headers, limits),
    absent: required,
    describe: () => ({ type: 'object' }),
  })
}

function readParts(body: Readable, headers: IncomingHttpHeaders, limits: MultipartLimits): AsyncIterable<Part> {
  const { fileBytes = 1024 * 1024, files = 10, fields = 100, fieldBytes = 64 * 1024 } = limits
  // One part waits at a time: reading stops until the handler has taken it.
  const parts = new Readable({ objectMode: true, highWaterMark: 1, read: () => body.resume() })
  const busboy = createBusboy({
    headers: headers as BusboyConfig['headers'],
    limits: { fileSize: fileBytes, files, fields, fieldSize: fieldBytes, fieldNameSize: 256, parts: files + fields },
  })
  const fail = (error: Error) => {
    parts.destroy(error)
    body.unpipe(busboy)
    body.resume()
  }
  const push = (part: Part) => void (parts.push(part) || body.pause())
  const takeField = (...[name, value, nameCut, valueCut]: Parameters<BusboyEvents['field']>) => {
    if (nameCut || valueCut) fail(tooLarge(`The field ${JSON.stringify(name)} is too long`))
    else push({ kind: 'field', name, value })
  }
  const takeFile = (...[name, content, filename, , mediaType]: Parameters<BusboyEvents['file']>) => {
    const stream = new PassThrough()
    content.once('limit', () => {
      stream.destroy(tooLarge(`The file ${JSON.stringify(name)} is larger than ${fileBytes} bytes`))
    })
    content.once('error', (cause) => stream.destroy(malformed(cause)))
    // Whoever leaves the loop early does not listen any more.
    stream.on('error', () => undefined)
    push({ kind: 'file', name, filename: baseName(filename), mediaType, stream: content.pipe(stream) })
  }
  const takeNoMore = () => fail(tooLarge(`There are more than ${files} files or ${fields} fields`))
  busboy.on('field', takeField).on('file', takeFile)
  busboy.on('filesLimit', takeNoMore).on('fieldsLimit', takeNoMore).on('partsLimit', takeNoMore)
  busboy.on('finish', () => parts.push(null))
  busboy.on('error', (cause: unknown) => fail(malformed(cause)))
  body.once('error', (error) => parts.destroy(error))
  body.pipe(busboy)
  return parts
}

function createBusboy(config: BusboyConfig): BusboyInstance {
  try {
    return new Busboy(config)
  } catch (cause) {
    throw problem(400, 'The Content-Type names no boundary', { cause })
  }
}

function baseName(filename: string): string {
  return filename.split(/[\\/]/).at(-1) ?? ''
}

function malformed(cause: unknown): Error {
  return problem(400, 'The body is not multipart/form-data as RFC 7578 has it', { cause })
}

function tooLarge(detail: string): Error {
  return problem(413, detail, { code: 'body_too_large' })
}
