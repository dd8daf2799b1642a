import { basename } from 'node:path'
import { isPosthouseError, PosthouseError } from '@posthouse/core'
import { pause, throwIfAborted } from '@posthouse/core/policy'
import type { RequestOptions } from '../client/request-options.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import type { Progress } from '../request/outgoing-body.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { askedUrl } from '../response/response-head.ts'
import type { SentFile } from './sent-file.ts'
import type { UploadTask } from './upload.ts'
import { UploadNote } from './upload-note.ts'

/** How an upload goes on. */
export interface ResumeOptions {
  /**
   * The file in which it is remembered where the upload lies, so that a later run goes on with it. Default the path with
   * `.upload.json` behind it; `false` for none.
   */
  readonly note?: string | boolean | undefined
  /** How often in a row, without a byte in between, a broken upload goes on by itself. Default 3. */
  readonly attempts?: number | undefined
  /** Time before it goes on, in milliseconds; doubled each time. Default 500. */
  readonly delayMs?: number | undefined
  /** Bytes of the largest request, for proxies that limit them. Default: all that is missing at once. */
  readonly chunkBytes?: number | undefined
  /** What the server is told of the file (`Upload-Metadata`). Default its name, as `filename`. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Whether the server may put the upload at another origin, which then gets the headers of this request. Default false. */
  readonly crossOrigin?: boolean | undefined
}

/** The version of the protocol that is spoken. */
const version = '1.0.0'
/** The upload is not there any more, as the protocol says it. */
const gone: ReadonlySet<number> = new Set([403, 404, 410])
/** What is over after a while. 409 says that the server has come to another place than we thought, and 423 that it is not done. */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 423, 425, 429])

interface ResumableTask extends UploadTask {
  readonly file: SentFile
}

interface UploadPlan {
  readonly request: RequestOptions
  readonly onProgress: ((progress: Progress) => void) | undefined
  readonly resume: ResumeOptions
}

/**
 * Sends a file by the protocol tus 1.0.0: begins an upload with a POST to the URL, sends what is missing with PATCH, and asks with
 * HEAD how much that is, after each failure and in another run. Gives the last answer, whose `url` is that of the upload.
 */
export async function resumableUpload(task: ResumableTask, plan: UploadPlan): Promise<HttpResponse> {
  const { attempts = 3, delayMs = 500 } = plan.resume
  const { signal } = plan.request
  const transfer = new UploadTransfer(task, plan)
  for (let failures = 0; ; ) {
    const before = transfer.bytes
    try {
      return await transfer.run()
    } catch (error) {
      throwIfAborted(signal)
      failures = transfer.bytes > before ? 1 : failures + 1
      if (!(transfer.isLost || isPassing(error)) || failures > attempts) throw error
      await pause(delayMs * 2 ** (failures - 1), task.clock, signal)
    }
  }
}

/** How far an upload has come, and what takes it further. */
class UploadTransfer {
  readonly #task: ResumableTask
  readonly #plan: UploadPlan
  readonly #note: UploadNote | undefined
  #upload: URL | undefined
  /** What the server has, as far as is known. */
  bytes = 0
  /** True once the server has told that it does not have the upload any more. */
  isLost = false

  constructor(task: ResumableTask, plan: UploadPlan) {
    const { note = true } = plan.resume
    const path = note === true ? `${task.path}.upload.json` : note
    this.#task = task
    this.#plan = plan
    const identity = { url: String(task.url), version: task.file.version }
    this.#note = path === false ? undefined : new UploadNote(path, identity)
  }

  async run(): Promise<HttpResponse> {
    this.#upload ??= await this.#note?.known()
    let answer = this.#upload === undefined ? undefined : await this.#ask(this.#upload)
    if (answer === undefined) answer = await this.#begin()
    // It was complete as soon as it had begun.
    if (this.#size === 0) answer = (await this.#ask(this.#place)) ?? answer
    while (this.bytes < this.#size) answer = await this.#send(this.#place)
    await this.#note?.forget()
    return answer
  }

  get #size(): number {
    return this.#task.file.content.size
  }

  get #place(): URL {
    if (this.#upload === undefined) throw new PosthouseError('internal', 'an upload goes on that was never begun')
    return this.#upload
  }

  async #lose(): Promise<undefined> {
    this.#upload = undefined
    this.bytes = 0
    this.isLost = true
    await this.#note?.forget()
  }

  /** How far it is; undefined where the server does not have it any more. */
  async #ask(upload: URL): Promise<HttpResponse | undefined> {
    const response = await this.#request('HEAD', upload, {})
    if (gone.has(response.status)) return this.#lose()
    const length = response.raiseForStatus().headers.get('upload-length')
    if (length !== undefined && Number(length) !== this.#size) {
      throw new PosthouseError('bad_response', `the server has an upload of ${length} bytes, not of ${this.#size}`)
    }
    this.bytes = offsetOf(response, 0, this.#size)
    return response
  }

  async #begin(): Promise<HttpResponse> {
    const { url, path } = this.#task
    const { metadata = { filename: basename(path) } } = this.#plan.resume
    const headers = { 'upload-length': String(this.#size), 'upload-metadata': metadataText(metadata) }
    const response = (await this.#request('POST', url, { headers })).raiseForStatus()
    const location = response.headers.get('location')
    if (response.status !== 201 || location === undefined) {
      const told = `${response.status}${location === undefined ? ' without a location' : ''}`
      throw new PosthouseError(
        'bad_response',
        `an upload begins with 201 and its location, not with ${told}; is this tus?`,
      )
    }
    this.#upload = this.#allowed(URL.parse(location, response.url), askedUrl(response))
    await this.#note?.remember(this.#upload)
    this.isLost = false
    return response
  }

  /** Headers may hold secrets, which are for the server that was asked. */
  #allowed(upload: URL | null, asked: string): URL {
    if (upload === null) throw new PosthouseError('bad_response', 'the location of the upload is no URL')
    if (upload.origin === new URL(asked).origin || this.#plan.resume.crossOrigin === true) return upload
    const message = `the upload is at ${upload.origin}, which is another origin; see resume.crossOrigin`
    throw new PosthouseError('redirect_refused', message)
  }

  async #send(upload: URL): Promise<HttpResponse> {
    const from = this.bytes
    const to = Math.min(this.#size, from + (this.#plan.resume.chunkBytes ?? this.#size))
    const { onProgress } = this.#plan
    const tell =
      onProgress && (({ transferred }: Progress) => onProgress({ transferred: from + transferred, total: this.#size }))
    const response = await this.#request('PATCH', upload, {
      headers: { 'upload-offset': String(from), 'content-type': 'application/offset+octet-stream' },
      body: this.#task.file.content.slice(from, to),
      onUploadProgress: tell,
      // Where it broke off is for the server to say.
      retry: false,
    })
    if (gone.has(response.status)) await this.#lose()
    this.bytes = offsetOf(response.raiseForStatus(), from + 1, to)
    return response
  }

  #request(method: string, url: string | URL, own: RequestOptions): Promise<HttpResponse> {
    const { headers, params, path, ...given } = this.#plan.request
    const all = new HttpHeaders(headers).merge({ 'tus-resumable': version }).merge(own.headers ?? {})
    // The address of the upload is whole as the server gave it.
    const place = method === 'POST' ? { params, path } : {}
    return this.#task.send(method, url, { ...given, ...place, ...own, headers: all, throwOnError: false })
  }
}

/** @throws `bad_response` where the server says nothing that could be */
function offsetOf(response: HttpResponse, least: number, most: number): number {
  const text = response.headers.get('upload-offset', '')
  const offset = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (offset >= least && offset <= most) return offset
  const wanted = `an upload-offset from ${least} to ${most}`
  throw new PosthouseError('bad_response', `the answer must have ${wanted}, not ${JSON.stringify(text)}`)
}

function metadataText(metadata: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(metadata).map(([name, value]) => {
    if (/^[!-+\--~]+$/.test(name)) return `${name} ${Buffer.from(String(value)).toString('base64')}`.trimEnd()
    throw new PosthouseError(
      'invalid_option',
      `resume.metadata: ${JSON.stringify(name)} has a space, a comma or no ASCII`,
    )
  })
  return pairs.join(',')
}

function isPassing(error: unknown): boolean {
  if (!isPosthouseError(error)) return false
  if (error.code !== 'bad_status') return error.facts.retry
  const status = (error as { response?: HttpResponse }).response?.status ?? 0
  return status >= 500 || passingStatuses.has(status)
}
