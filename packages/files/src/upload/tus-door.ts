import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, isPosthouseError, type Logger, PosthouseError } from '@posthouse/core'
import { Server } from '@tus/server'
import { digestField } from '../digest-field.ts'
import type { FileLimits } from '../file-limits.ts'
import { entryKey, keyOfPath, pathOfKey } from '../file-path.ts'
import { type Refusal, refusalOf } from '../refusal.ts'
import { allowsKey, manifestOf, type UploadPass } from '../signing/upload-token.ts'
import type { FileTraffic } from '../traffic.ts'
import type { Attempts } from './attempts.ts'
import type { BlobDataStore } from './blob-data-store.ts'
import { currentVisit, type UploadVisit, uploadVisit } from './upload-visit.ts'

/** How long a refused request may go on sending, in milliseconds: who does not read while sending would else miss the answer. */
const lingerMs = 5000

/** What the door to uploads needs. */
export interface TusDoorOptions {
  /** The path of all files. */
  readonly root: string
  /** What stands before it in answers; nothing where the path is enough. */
  readonly origin: string
  readonly datastore: BlobDataStore
  readonly attempts: Attempts
  readonly limits: Pick<FileLimits, 'fileBytes' | 'uploadMs'>
  readonly traffic: FileTraffic
  readonly clock: Clock
  readonly logger: Logger
}

/** Uploads by tus 1.0. The library decides what a request means; the bytes pass it by. */
export class TusDoor {
  readonly #options: TusDoorOptions
  readonly #server: Server

  constructor(options: TusDoorOptions) {
    this.#options = options
    const { root, origin, datastore, attempts, limits } = options
    this.#server = new Server({
      path: root,
      datastore,
      locker: attempts,
      ...(limits.fileBytes === Number.POSITIVE_INFINITY ? {} : { maxSize: limits.fileBytes }),
      exposedHeaders: ['Repr-Digest', 'Retry-After', 'Upload-Offset', 'Upload-Expires'],
      disableTerminationForFinishedUploads: true,
      generateUrl: (_request, { id }) => origin + pathOfKey(root, id),
      getFileIdFromRequest: ({ url }) => keyOfPath(root, new URL(url).pathname) ?? '',
      namingFunction: (_request, metadata) => newKey(currentVisit().pass, metadata?.path ?? undefined),
      onResponseError: (_request, error) => this.#refusal(error),
    })
  }

  /** Answers a request of the bearer of `pass`; without one, only what needs none. */
  async handle(request: IncomingMessage, response: ServerResponse, pass?: UploadPass): Promise<void> {
    const { root } = this.#options
    const url = new URL(request.url ?? '/', 'http://hub')
    const key = keyOfPath(root, url.pathname)
    if (key !== undefined && pass !== undefined && !allowsKey(pass, key)) {
      throw new PosthouseError('forbidden', `this token is for ${pass.key}, not for ${key}`)
    }
    const visit: UploadVisit = { request, pass: pass ?? { client: '', key: '', expires: 0 } }
    const { method = 'GET' } = request
    const plain = new Request(url, { method, headers: headersOf(request) })
    const answer = await uploadVisit.run(visit, () => this.#server.handleWeb(plain))
    await this.#send(answer, response, visit)
  }

  async #send(answer: Response, response: ServerResponse, { request, finished, failure }: UploadVisit): Promise<void> {
    const headers = Object.fromEntries(answer.headers)
    if (finished?.sha256 !== undefined) headers['repr-digest'] = digestField(finished.sha256)
    else if (answer.ok && answer.headers.has('upload-offset')) this.#addExpiry(headers)
    let text = request.method === 'HEAD' ? undefined : await answer.text()
    if (answer.status >= 400) {
      // Headers that say nothing the library refuses by itself, in plain text.
      const refusal = refusalOf(failure ?? new PosthouseError('invalid_field', (text ?? '').trim()))
      Object.assign(headers, refusal.headers)
      if (failure === undefined && text !== undefined) {
        text = refusal.body
        headers['content-length'] = String(Buffer.byteLength(text))
      }
    }
    response.writeHead(answer.status, headers)
    response.end(text || undefined)
    if (!request.complete) linger(request, this.#options.clock)
  }

  #addExpiry(headers: Record<string, string>): void {
    const { clock, limits } = this.#options
    if (limits.uploadMs === Number.POSITIVE_INFINITY) return
    headers['upload-expires'] = new Date(clock.now() + limits.uploadMs).toUTCString()
  }

  /** What the library found wrong, in our words. */
  #refusal(error: Error | { readonly status_code: number; readonly body: string }): {
    status_code: number
    body: string
  } {
    const told = isPosthouseError(error) ? error : ours(error)
    currentVisit().failure = told
    this.#options.traffic.failed(told)
    if (told.code === 'internal') this.#options.logger.error('a request for an upload failed', { error })
    const { status, body }: Refusal = refusalOf(told)
    return { status_code: status, body }
  }
}

/** The key of what a token lets one begin. Spec: 11.3.1. */
function newKey({ key }: UploadPass, path: string | undefined): string {
  if (!key.endsWith('/')) return key
  return path === undefined ? manifestOf(key) : entryKey(key, path)
}

function ours(error: unknown): PosthouseError {
  const { status_code: status, body = '' } = error as { readonly status_code?: number; readonly body?: string }
  const message = body.trim()
  switch (status) {
    case 404:
    case 410:
      return new PosthouseError('unknown_file', message)
    case 409:
      return new PosthouseError('offset_mismatch', message)
    case 413:
      return new PosthouseError('file_too_large', message)
    case 400:
    case 403:
      return new PosthouseError('invalid_field', message)
    case 501:
      return new PosthouseError('unsupported', message)
    default:
      return new PosthouseError('internal', 'the request failed in the hub', { cause: error })
  }
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct))
    for (const value of values) headers.append(name, value)
  return headers
}

/** Takes what still comes, for a while. */
function linger(request: IncomingMessage, clock: Clock): void {
  const timer = clock.after(lingerMs, () => request.destroy()).unref()
  request.once('close', () => timer[Symbol.dispose]())
  request.resume()
}
