import type { FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Clock, isPosthouseError, PosthouseError, systemClock } from '@posthouse/core'
import { aFlag, aFunction, checkOptions, numberFrom, type Rules, wholeFrom } from '@posthouse/core/options'
import { pause, throwIfAborted } from '@posthouse/core/policy'
import { bodyRules, requestRules } from '../client/check-options.ts'
import type { RequestOptions } from '../client/request-options.ts'
import { HttpHeaders } from '../headers/http-headers.ts'
import type { Progress } from '../request/outgoing-body.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { fileError, unusable } from './file-error.ts'
import { type Known, PartFile } from './part-file.ts'
import { timeForAll } from './time-for-all.ts'

/** How a body goes into a file. `timeout.total`, where it is named here, is for the whole file. */
export interface DownloadOptions extends RequestOptions {
  /** Whether to go on where an earlier download of the same URL stopped. Default true. */
  readonly resume?: boolean | undefined
  /** How often in a row, without a byte in between, a broken download goes on by itself. Default 3. */
  readonly attempts?: number | undefined
  /** Time before it goes on, in milliseconds; doubled each time. Default 500. */
  readonly delayMs?: number | undefined
  /** Bytes that the file may have. Default: no limit. */
  readonly maxBytes?: number | undefined
  /** Told after each piece that was written. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

const rules: Rules<DownloadOptions> = {
  ...requestRules,
  ...bodyRules,
  resume: aFlag,
  attempts: wholeFrom(0),
  delayMs: numberFrom(0),
  maxBytes: numberFrom(0),
  onProgress: aFunction,
}

/** What was downloaded. */
export interface Download {
  readonly path: string
  /** Size of the file. */
  readonly bytes: number
  /** Bytes that were there from an earlier download. */
  readonly resumedFrom: number
  /** The last answer; its body is in the file. */
  readonly response: HttpResponse
}

/** Opens a body, as `client.stream` does for a GET. */
type OpenBody = (options: RequestOptions) => Promise<HttpResponse>

/** Where a download goes, and what takes it there. */
export interface DownloadTask {
  readonly open: OpenBody
  /** What tells one download from another: the URL. */
  readonly url: string
  readonly path: string
  readonly clock?: Clock
}

/**
 * Writes a body to `path`: first to `<path>.part`, which takes the place of `path` once it is complete. What is there of an earlier
 * download is gone on with where the server still has the same (RFC 9110, sections 13.1.5 and 14); where not, it begins anew.
 * What can never be gone on with does not stay. Two downloads to one path at the same time would mix their bytes; the second one of a
 * process is refused.
 * @throws `file_unusable`, before anything is asked for where that can be known; `bad_status`, `bad_response`, `response_too_large`,
 * `truncated_body`, and what a request can fail with
 */
export async function download(task: DownloadTask, options: DownloadOptions = {}): Promise<Download> {
  checkOptions('download', options, rules)
  const { resume = true, attempts = 3, delayMs = 500, maxBytes, onProgress, ...asked } = options
  const { clock = systemClock } = task
  const part = new PartFile(task.path, task.url)
  await part.check()
  using _ = claimed(task.path)
  using time = timeForAll(asked, clock)
  const { signal } = time
  const request = { ...asked, signal }
  const transfer = new Transfer(task, part, { request, maxBytes, onProgress })
  transfer.begin(resume ? await part.known() : undefined)
  try {
    const response = await persistently(transfer, { attempts, delayMs, clock, signal })
    await part.finish()
    return { path: task.path, bytes: transfer.bytes, resumedFrom: transfer.resumedFrom, response }
  } catch (error) {
    const isInVain = isPosthouseError(error) && error.code === 'response_too_large'
    if (isInVain || !transfer.canResume) await part.discard()
    throw error
  }
}

/** What is being written now, by this process. */
const claims = new Set<string>()

function claimed(path: string): Disposable {
  const whole = resolve(path)
  if (claims.has(whole)) throw unusable(path, 'another download is writing it')
  claims.add(whole)
  return { [Symbol.dispose]: () => claims.delete(whole) }
}

interface Persistence {
  readonly attempts: number
  readonly delayMs: number
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

async function persistently(transfer: Transfer, persistence: Persistence): Promise<HttpResponse> {
  const { attempts, delayMs, clock, signal } = persistence
  for (let failures = 0; ; ) {
    const before = transfer.bytes
    try {
      return await transfer.run()
    } catch (error) {
      failures = transfer.bytes > before ? 1 : failures + 1
      throwIfAborted(signal)
      const passing = isPosthouseError(error) && error.facts.retry
      if (!passing || !transfer.canResume || failures > attempts) throw error
      await pause(delayMs * 2 ** (failures - 1), clock, signal)
    }
  }
}

/** Others are about the file and do not have it, such as 204, 304 and redirections that are not followed. */
const wholeOrPart: ReadonlySet<number> = new Set([200, 203, 206])

interface TransferOptions {
  readonly request: RequestOptions
  readonly maxBytes: number | undefined
  readonly onProgress: ((progress: Progress) => void) | undefined
}

/** What has come so far, and how more of it is asked for. */
class Transfer {
  readonly #task: DownloadTask
  readonly #part: PartFile
  readonly #options: TransferOptions
  #validator: string | undefined
  bytes = 0
  resumedFrom = 0

  constructor(task: DownloadTask, part: PartFile, options: TransferOptions) {
    this.#task = task
    this.#part = part
    this.#options = options
  }

  get canResume(): boolean {
    return this.#validator !== undefined
  }

  begin(known: Known | undefined): void {
    this.bytes = known?.bytes ?? 0
    this.resumedFrom = this.bytes
    this.#validator = known?.validator
  }

  async run(): Promise<HttpResponse> {
    const response = await this.#task.open(this.#asking())
    if (response.status === 416) return this.#settled(response)
    if (response.status >= 400) {
      response.discard()
      response.raiseForStatus()
    }
    if (!wholeOrPart.has(response.status)) {
      response.discard()
      throw new PosthouseError('bad_response', `a file does not come with the status ${response.status}`)
    }
    const total = await this.#prepare(response)
    try {
      await this.#write(response, total)
    } catch (error) {
      response.discard()
      throw error
    }
    if (total === undefined || this.bytes === total) return response
    throw new PosthouseError('truncated_body', `the file has ${this.bytes} bytes; ${total} were announced`)
  }

  #asking(): RequestOptions {
    const { headers: own, ...rest } = this.#options.request
    const headers = new HttpHeaders(own)
    // A range counts bytes of what is sent, which must therefore not be compressed.
    if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity')
    if (this.bytes > 0 && this.#validator !== undefined) {
      headers.set('range', `bytes=${this.bytes}-`).set('if-range', this.#validator)
    }
    return { ...rest, headers, throwOnError: false }
  }

  /** Nothing lies behind what is here: that is all, or it is of another file. */
  async #settled(response: HttpResponse): Promise<HttpResponse> {
    response.discard()
    const [, total] = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? []
    if (Number(total) === this.bytes && this.bytes > 0) return response
    if (this.bytes === 0) return response.raiseForStatus()
    await this.#part.discard()
    this.begin(undefined)
    return this.run()
  }

  /** Finds out where the body belongs; gives the size of the whole file, where it is known. */
  async #prepare(response: HttpResponse): Promise<number | undefined> {
    const { headers } = response
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '')
    this.#validator = validatorOf(headers)
    if (response.status === 206 && Number(range?.[1]) === this.bytes) {
      await this.#part.remember(this.#validator)
      return range?.[2] === '*' ? undefined : Number(range?.[2])
    }
    if (response.status === 206) {
      response.discard()
      throw new PosthouseError('bad_response', 'the server sent another part of the file than was asked for')
    }
    await this.#part.discard()
    this.bytes = 0
    this.resumedFrom = 0
    await this.#part.remember(this.#validator)
    const length = headers.get('content-length')
    return length === undefined || headers.has('content-encoding') ? undefined : Number(length)
  }

  async #write(response: HttpResponse, total: number | undefined): Promise<void> {
    const { maxBytes = Number.POSITIVE_INFINITY, onProgress } = this.#options
    await using file = await this.#part.open()
    for await (const chunk of response) {
      if (this.bytes + chunk.length > maxBytes) {
        throw new PosthouseError('response_too_large', `the file has more than ${maxBytes} bytes; see maxBytes`)
      }
      await this.#append(file, chunk)
      this.bytes += chunk.length
      onProgress?.({ transferred: this.bytes, total })
    }
    await file.sync()
  }

  async #append(file: FileHandle, chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
    } catch (cause) {
      throw fileError(this.#task.path, cause)
    }
  }
}

/** A validator that is the same only for the same bytes: a strong ETag, otherwise a date (RFC 9110, section 13.1.5). */
function validatorOf(headers: HttpHeaders): string | undefined {
  const etag = headers.get('etag')
  if (etag !== undefined) return etag.startsWith('"') ? etag : undefined
  return headers.get('last-modified')
}
