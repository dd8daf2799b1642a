import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BlobStore, type FileQuestion, isBlobOf, ManualClock, MemoryBlobStore } from '@posthouse/core'
import { Files, type FilesOptions } from '@posthouse/files'

/** What `files.upload` answers. */
export interface Upload {
  readonly key: string
  readonly manifest?: string
  readonly url: string
  readonly location: string
  readonly token: string
  readonly expires: number
  readonly left: number
}

/** Files behind a server of their own, and what clients ask of them. Dispose ends both. */
export interface RunningFiles extends AsyncDisposable {
  readonly files: Files
  readonly store: BlobStore
  readonly clock: ManualClock
  readonly server: Server
  readonly origin: string
  /** Asks as `client`, who may fetch what is its own and what is in `granted`. */
  ask<Answer = Upload>(client: string, method: string, body?: unknown, granted?: readonly string[]): Promise<Answer>
  /** A URL of the server. */
  at(path: string): string
}

export async function startFiles(options: Partial<FilesOptions> = {}): Promise<RunningFiles> {
  const clock = new ManualClock()
  const store = options.store ?? new MemoryBlobStore({ clock })
  const files = new Files({ clock, ...options, store })
  const server = createServer((request, response) => void files.handle(request, response))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    files,
    store,
    clock,
    server,
    origin,
    at: (path) => new URL(path, origin).href,
    ask: async <Answer>(client: string, method: string, body: unknown = {}, granted: readonly string[] = []) => {
      const mayFetch = (key: string): boolean => isBlobOf(client, key) || granted.includes(key)
      const question: FileQuestion = { client, body, mayFetch, signal: new AbortController().signal }
      const handler = files.methods[method] ?? files.ownMethods[method]
      return (await handler?.(question)) as Answer
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await files[Symbol.asyncDispose]()
      if (options.store === undefined) await store[Symbol.asyncDispose]()
    },
  }
}

/** The headers of a tus request. */
export function tusHeaders(token: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0', ...more }
}

/** `Upload-Metadata` of these values. */
export function metadata(values: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(values).map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
  return { 'upload-metadata': pairs.join(',') }
}

/** Uploads bytes in one request, and returns the answer. */
export async function putWhole(
  running: RunningFiles,
  upload: Pick<Upload, 'url' | 'token'>,
  bytes: Uint8Array<ArrayBuffer>,
  meta: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const length = { 'upload-length': String(bytes.length), 'content-type': 'application/offset+octet-stream' }
  const headers = tusHeaders(upload.token, { ...length, ...(Object.keys(meta).length > 0 && metadata(meta)) })
  return fetch(running.at(upload.url), { method: 'POST', headers, body: bytes })
}

/** What an answer with an error says. */
export async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { readonly code: string }).code
}

/** `size` bytes, other ones for each `seed`. */
export function sampleBytes(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let state = seed
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
