import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BlobInfo, type BlobRange, type BlobStore, PosthouseError } from '@posthouse/core'
import { digestField } from '../digest-field.ts'
import { refuse } from '../refusal.ts'
import type { FileTraffic } from '../traffic.ts'
import { dispositionOf } from './disposition.ts'
import { wantedRange } from './wanted-range.ts'

/** What every answer with a file has: nothing in it is ever run as if it came from this hub. */
const guards = {
  'accept-ranges': 'bytes',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Accept-Ranges, Content-Disposition, Content-Range, ETag, Repr-Digest',
  'cache-control': 'private, no-cache',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
}

/** What is served, and what counts it. */
export interface ServedFile {
  readonly store: BlobStore
  readonly key: string
  /** Whether bytes that are not those that arrived are to be noticed here: the one who asks may do that. */
  readonly verify: boolean
  readonly traffic: FileTraffic
}

/** Answers GET and HEAD with a file, or with a part of it. Spec: 11.3.4. */
export async function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  { store, key, verify, traffic }: ServedFile,
): Promise<void> {
  const file = await store.head(key)
  if (!file) throw new PosthouseError('unknown_file', `there is no file ${key}`)
  const headers = headersOf(file)
  if (isFresh(request, headers.etag)) {
    response.writeHead(304, headers)
    response.end()
    return
  }
  let range: BlobRange | undefined
  try {
    range = holdsFor(request, headers) ? wantedRange(request.headers.range, file.size) : undefined
  } catch (error) {
    traffic.failed(error)
    refuse(response, error, { ...guards, 'content-range': `bytes */${file.size}` })
    return
  }
  const { start, end } = range ?? { start: 0, end: file.size }
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': end - start,
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${file.size}` }),
    ...(!range && file.sha256 !== undefined && { 'repr-digest': digestField(file.sha256) }),
  })
  if (request.method === 'HEAD') response.end()
  else await sendBytes(response, { store, verify: verify && range === undefined, traffic }, { file, range })
}

function headersOf({
  key,
  size,
  at,
  sha256,
  meta,
}: BlobInfo): Readonly<Record<string, string>> & { readonly etag: string } {
  return {
    ...guards,
    'content-type': meta.type ?? 'application/octet-stream',
    'content-disposition': dispositionOf(meta.name ?? key.split('/').at(-1) ?? ''),
    'last-modified': new Date(at).toUTCString(),
    etag: sha256 === undefined ? `W/"${size}-${at}"` : `"${sha256}"`,
  }
}

/** True where the client has the file already. */
function isFresh({ headers }: IncomingMessage, etag: string): boolean {
  const tags = headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''))
  return tags?.some((tag) => tag === '*' || tag === etag.replace(/^W\//, '')) === true
}

/** True where the range is wanted of the file as it is (RFC 9110, 13.1.5). */
function holdsFor(
  { headers }: IncomingMessage,
  { etag, 'last-modified': modified }: Readonly<Record<string, string>>,
): boolean {
  const condition = headers['if-range']
  return condition === undefined || (condition === etag && !condition.startsWith('W/')) || condition === modified
}

/** Made once: whoever leaves does so in one way only. */
const left = new PosthouseError('aborted', 'whoever fetches the file has left')

async function sendBytes(
  response: ServerResponse,
  { store, verify, traffic }: Omit<ServedFile, 'key'>,
  { file, range }: { readonly file: BlobInfo; readonly range: BlobRange | undefined },
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort(left))
  try {
    const bytes = await store.read(file.key, { ...range, verify, signal: gone.signal })
    for await (const chunk of lastAtTheEnd(bytes)) {
      traffic.sent(chunk.length)
      if (!response.write(chunk)) await once(response, 'drain', { signal: gone.signal })
    }
    response.end()
  } catch (error) {
    // Who gets less than was promised knows that it is not the file.
    response.destroy()
    if (!gone.signal.aborted) throw error
  }
}

/** The same chunks, each when the next one is there: a file that is found to be damaged at its end has not been sent by then. */
async function* lastAtTheEnd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined
  for await (const chunk of chunks) {
    if (held) yield held
    held = chunk
  }
  if (held) yield held
}
