import { PosthouseError, randomHex } from '@posthouse/core'
import type { ChunkSource, OutgoingBody } from './outgoing-body.ts'

/** A file of a form. */
export interface MultipartFile {
  /** The name that the server sees. */
  readonly filename: string
  /** Default `application/octet-stream`, or the type of the Blob. */
  readonly type?: string | undefined
  /** A function is asked anew at each attempt. */
  readonly content: string | Uint8Array | Blob | (() => ChunkSource)
  /** Bytes that a function will give, where that is known: then the whole length is. */
  readonly length?: number | undefined
}

/** A field's text or file. */
export type MultipartValue = string | number | boolean | Blob | MultipartFile

/** Fields and files by name; a list repeats its name. */
export type MultipartInput = FormData | Readonly<Record<string, MultipartValue | readonly MultipartValue[] | undefined>>

interface Part {
  readonly head: Buffer
  readonly length: number | undefined
  readonly open: () => Uint8Array | AsyncIterable<Uint8Array>
}

const lineBreak = Buffer.from('\r\n')

/**
 * A body of `multipart/form-data` (RFC 7578). Names and file names are escaped as browsers do.
 * @throws `invalid_request` for a `type` with a line break.
 */
export function multipartBody(input: MultipartInput): OutgoingBody {
  const boundary = `posthouse-${randomHex(12)}`
  const parts = [...entriesOf(input)].map(([name, value]) => partOf(boundary, name, value))
  const end = Buffer.from(`--${boundary}--\r\n`)
  return {
    length: lengthOf(parts, end),
    type: `multipart/form-data; boundary=${boundary}`,
    replayable: true,
    open: () => written(parts, end),
  }
}

function* entriesOf(input: MultipartInput): Iterable<readonly [string, MultipartValue]> {
  if (input instanceof FormData) return yield* input.entries()
  for (const [name, value] of Object.entries(input)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) yield [name, one]
  }
}

function partOf(boundary: string, name: string, value: MultipartValue): Part {
  if (value instanceof Blob) return filePart(boundary, name, fileOf(value))
  if (isFile(value)) return filePart(boundary, name, value)
  if (value === null || !['string', 'number', 'boolean', 'bigint'].includes(typeof value)) throw unsendable(name)
  const bytes = Buffer.from(String(value))
  return { head: headOf(boundary, name, ''), length: bytes.length, open: () => bytes }
}

function isFile(value: MultipartValue): value is MultipartFile {
  if (typeof value !== 'object' || value === null) return false
  const { filename, content } = value as Partial<MultipartFile>
  const isContent = typeof content === 'string' || content instanceof Uint8Array || content instanceof Blob
  return typeof filename === 'string' && (isContent || typeof content === 'function')
}

function unsendable(name: string): PosthouseError {
  const wanted = 'a text, a number, true or false, a Blob, or { filename, content }'
  return new PosthouseError('invalid_request', `the field ${JSON.stringify(name)} of multipart must be ${wanted}`)
}

function fileOf(blob: Blob): MultipartFile {
  const filename = blob instanceof File ? blob.name : 'blob'
  return { filename, content: blob, type: blob.type === '' ? undefined : blob.type }
}

function filePart(boundary: string, name: string, { filename, type, content, length }: MultipartFile): Part {
  const shown = type ?? (content instanceof Blob && content.type !== '' ? content.type : 'application/octet-stream')
  if (/[\r\n\0]/.test(shown)) throw new PosthouseError('invalid_request', 'the type of a file has a line break')
  const head = headOf(boundary, name, `; filename="${escaped(filename)}"\r\ncontent-type: ${shown}`)
  if (content instanceof Blob) return { head, length: content.size, open: () => bytesOf(content.stream()) }
  if (typeof content === 'function') return { head, length, open: () => bytesOf(content()) }
  const bytes = Buffer.from(content)
  return { head, length: bytes.length, open: () => bytes }
}

function headOf(boundary: string, name: string, more: string): Buffer {
  return Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"${more}\r\n\r\n`)
}

/** As the HTML standard has it: "multipart/form-data encoding algorithm". */
function escaped(text: string): string {
  return text
    .replaceAll('\0', '%00')
    .replace(/\r\n|\r|\n/g, '%0D%0A')
    .replaceAll('"', '%22')
}

function lengthOf(parts: readonly Part[], end: Buffer): number | undefined {
  let total = end.length
  for (const { head, length } of parts) {
    if (length === undefined) return undefined
    total += head.length + length + lineBreak.length
  }
  return total
}

async function* written(parts: readonly Part[], end: Buffer): AsyncIterable<Uint8Array> {
  for (const { head, open } of parts) {
    yield head
    const content = open()
    if (content instanceof Uint8Array) yield content
    else yield* content
    yield lineBreak
  }
  yield end
}

async function* bytesOf(source: ChunkSource): AsyncIterable<Uint8Array> {
  // The type of a web stream does not say that Node's can be iterated.
  for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}
