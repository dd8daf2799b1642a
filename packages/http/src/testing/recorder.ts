import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PosthouseError } from '@posthouse/core'
import { aText, checkOptions, numberFrom, oneOf, type Rules } from '@posthouse/core/options'
import { redactHeader, redactUrl, type SecretNames, secretNames } from '../errors/redact.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import { shownBody } from '../interceptors/shown-body.ts'
import { copied } from '../record/copied.ts'
import type { HopInterceptor, HopResponse } from '../transport/transport.ts'
import { answered, type SentRequest, sentRequest } from './memory-transport.ts'

/** What a recorder does with requests. */
export interface RecorderOptions {
  /** The file that exchanges are kept in, as JSON that can be read and put under version control. */
  readonly path: string
  /**
   * `record` asks servers and keeps what they answer; `replay` never asks a server; `auto`, the default, replays what is in the file
   * and records what is not.
   */
  readonly mode?: 'record' | 'replay' | 'auto'
  /** Names of headers, query keys and fields that are secret too, in lower case. */
  readonly secrets?: SecretNames
  /** Bytes of the largest body that can be recorded. Default 16 MiB. */
  readonly maxBodyBytes?: number
}

const rules: Rules<RecorderOptions> = {
  path: aText,
  mode: oneOf('record', 'replay', 'auto'),
  secrets: secretNames,
  maxBodyBytes: numberFrom(0),
}

/** One exchange in the file. No secret is in it that its name gives away. */
interface Exchange {
  readonly request: { readonly method: string; readonly url: string; readonly body: string }
  readonly response: {
    readonly status: number
    readonly statusText: string
    readonly headers: readonly (readonly [string, string])[]
    readonly text?: string
    readonly base64?: string
  }
}

/** Keeps what servers answered, for tests that are to run without them. Dispose writes the file. */
export class Recorder implements AsyncDisposable {
  readonly #options: RecorderOptions
  readonly #kept: Promise<readonly Exchange[]>
  /** Those of them that were not replayed yet. */
  readonly #waiting: Promise<Exchange[]>
  readonly #recorded: Exchange[] = []

  /** @throws `invalid_option` */
  constructor(options: RecorderOptions) {
    checkOptions('Recorder', options, rules, ['path'])
    this.#options = options
    this.#kept = options.mode === 'record' ? Promise.resolve([]) : readExchanges(options)
    this.#waiting = this.#kept.then((kept) => [...kept])
    // Whoever sends a request hears of it.
    this.#waiting.catch(() => undefined)
  }

  /**
   * To be put around the hops of a client. The same request is answered in the order of the recording, and when that is over by
   * the last of its answers. In the mode `replay` a request that was not recorded throws `unreachable`.
   */
  readonly interceptor: HopInterceptor = async (hop, next) => {
    // A stream can be sent only once, so it takes no part in telling requests apart.
    const comparable = hop.body?.replayable === false ? hop.derive({ body: undefined }) : hop
    const request = this.#shown(await sentRequest(comparable))
    const found = take(await this.#waiting, request)
    if (found !== undefined) return replayed(found)
    if (this.#options.mode === 'replay') {
      const what = `${request.method} ${request.url}`
      throw new PosthouseError('unreachable', `${what} was not recorded in ${this.#options.path}`)
    }
    const response = await next(hop)
    const limit = this.#options.maxBodyBytes ?? 16 * 1024 * 1024
    const body = copied(response.body, limit, ({ whole }) => {
      if (whole !== undefined) this.#recorded.push({ request, response: this.#answer(response, whole, hop.url) })
    })
    return { ...response, body }
  }

  /** Writes what was recorded; nothing where nothing was. */
  async save(): Promise<void> {
    if (this.#recorded.length === 0) return
    const { path } = this.#options
    const all = [...(await this.#kept), ...this.#recorded]
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.new`, `${JSON.stringify(all, null, 2)}\n`)
    await rename(`${path}.new`, path)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.save()
  }

  #shown({ method, url, headers, body }: SentRequest): Exchange['request'] {
    const type = headers.get('content-type')
    const shown = shownBody(body, type, this.#bodyRules)
    return { method, url: redactUrl(url, this.#options.secrets), body: shown === undefined ? '' : hash(shown) }
  }

  #answer({ status, statusText, headers }: HopResponse, bytes: Uint8Array, url: URL): Exchange['response'] {
    const type = headers.get('content-type') ?? ''
    const isText = /^text\/|[/+](json|xml)\b|x-www-form-urlencoded/i.test(type) && !headers.has('content-encoding')
    const shown = isText && bytes.length > 0 ? this.#text(bytes, type) : undefined
    const body = shown === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { text: shown }
    return { status, statusText, headers: this.#headers(headers, url), ...body }
  }

  #text(bytes: Uint8Array, type: string): string {
    if (/^text\//i.test(type)) return Buffer.from(bytes).toString()
    return shownBody(bytes, type, this.#bodyRules) ?? ''
  }

  // Secrets were taken out of the body, so its length is another one.
  #headers(headers: HttpHeaders, url: URL): [string, string][] {
    const pairs = [...headers].filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding')
    return pairs.map(([name, value]) => [name, redactHeader(name, value, { base: url, more: this.#options.secrets })])
  }

  get #bodyRules(): { max: number; secrets: SecretNames } {
    return { max: Number.POSITIVE_INFINITY, secrets: this.#options.secrets ?? new Set() }
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function readExchanges({ path, mode }: RecorderOptions): Promise<Exchange[]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Exchange[]
  } catch (error) {
    if (mode !== 'replay' && (error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new PosthouseError('invalid_option', `the recording ${path} cannot be read`, { cause: error })
  }
}

/** Takes the first answer to the same request; the last one stays. */
function take(exchanges: Exchange[], { method, url, body }: Exchange['request']): Exchange | undefined {
  const same = exchanges.filter(({ request }) => {
    return request.method === method && request.url === url && request.body === body
  })
  const [first, second] = same
  if (first !== undefined && second !== undefined) exchanges.splice(exchanges.indexOf(first), 1)
  return first
}

function replayed({ response }: Exchange): HopResponse {
  const { status, statusText, headers, text, base64 } = response
  const bytes = text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text)
  return answered({ status, statusText, headers, bytes })
}
