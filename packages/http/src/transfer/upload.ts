import type { Clock } from '@posthouse/core'
import {
  aFlag,
  aFunction,
  anObject,
  aText,
  checkOptions,
  either,
  numberFrom,
  optionsOf,
  type Rules,
  refusal,
  wholeFrom,
} from '@posthouse/core/options'
import { requestRules } from '../client/check-options.ts'
import type { RequestOptions } from '../client/request-options.ts'
import type { BodyOptions, Progress } from '../request/outgoing-body.ts'
import type { HttpResponse } from '../response/http-response.ts'
import { namedTimeouts } from '../timing/timeouts.ts'
import { type ResumeOptions, resumableUpload } from './resumable-upload.ts'
import { openedFile } from './sent-file.ts'
import { timeForAll } from './time-for-all.ts'

/** How a file is sent. */
export interface UploadOptions extends Omit<RequestOptions, keyof BodyOptions> {
  /** Default `PUT`. Not with `resume`, which has methods of its own. */
  readonly method?: string | undefined
  /** Told after each piece has gone to the connection. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /**
   * Whether the file goes in as many requests as it needs, each from where the server has come (tus 1.0.0, which the server must
   * speak at this URL). Default false: in one request, from its beginning at each attempt.
   */
  readonly resume?: boolean | ResumeOptions | undefined
}

const rules: Rules<UploadOptions> = {
  ...requestRules,
  method: aText,
  onProgress: aFunction,
  resume: either(
    aFlag,
    optionsOf<ResumeOptions>({
      note: either(aFlag, aText),
      attempts: wholeFrom(0),
      delayMs: numberFrom(0),
      chunkBytes: wholeFrom(1),
      metadata: anObject,
      crossOrigin: aFlag,
    }),
  ),
}

/** Sends one request, as `client.request` does. */
export type SendRequest = (method: string, url: string | URL, options: RequestOptions) => Promise<HttpResponse>

/** What goes where, and what takes it there. */
export interface UploadTask {
  readonly send: SendRequest
  readonly url: string | URL
  readonly path: string
  readonly clock: Clock
}

/**
 * Sends a file. Only the phases of the request have deadlines, unless `timeout.total` is named here: a large file takes its time.
 * @throws `file_unusable`, `invalid_option`, and what a request can fail with; with `resume` also `bad_status` and `bad_response`
 */
export async function upload(task: UploadTask, options: UploadOptions = {}): Promise<HttpResponse> {
  checkOptions('upload', options, rules)
  const { method, onProgress, resume = false, timeout = {}, ...rest } = options
  const request = { ...rest, timeout: { total: Number.POSITIVE_INFINITY, ...namedTimeouts(timeout) } }
  const file = await openedFile(task.path)
  if (resume !== false) {
    if (method !== undefined) throw refusal('upload: method', 'left out where resume is set', method)
    using time = timeForAll(request, task.clock)
    const plan = { request: { ...request, signal: time.signal }, onProgress, resume: resume === true ? {} : resume }
    return await resumableUpload({ ...task, file }, plan)
  }
  return task.send(method ?? 'PUT', task.url, { ...request, body: file.content, onUploadProgress: onProgress })
}
