import { type Clock, systemClock } from '@posthouse/core'
import { aClock, aFlag, checkOptions, numberFrom, type Rules, wholeFrom } from '@posthouse/core/options'
import { httpVersion } from '../client/version.ts'
import { redactHeader, redactUrl, type SecretNames, secretNames } from '../errors/redact.ts'
import type { HttpHeaders } from '../headers/http-headers.ts'
import { shownBody } from '../interceptors/shown-body.ts'
import type { HopInterceptor, HopRequest, HopResponse } from '../transport/transport.ts'
import { Copied, copied, sentBytes } from './copied.ts'

/** What is recorded. */
export interface HarOptions {
  /** Exchanges that are kept; the oldest make room. Default 1,000. */
  readonly entries?: number
  /** Whether bodies of text are kept, those of JSON and forms without the secrets among their fields. Default false. */
  readonly bodies?: boolean
  /** Bodies that are larger are kept by their size only. Default 64 KiB. */
  readonly maxBodyBytes?: number
  /** Names of headers, query keys and fields that are secret too, in lower case. */
  readonly secrets?: SecretNames
  readonly clock?: Clock
}

const rules: Rules<HarOptions> = {
  entries: wholeFrom(1),
  bodies: aFlag,
  maxBodyBytes: numberFrom(0),
  secrets: secretNames,
  clock: aClock,
}

/** A name with its value, as HAR has headers and query keys. */
export interface HarPair {
  readonly name: string
  readonly value: string
}

/** One exchange with a server. Times in milliseconds; -1 for what is not known. */
export interface HarEntry {
  readonly startedDateTime: string
  readonly time: number
  readonly request: {
    readonly method: string
    readonly url: string
    /** Not known here: connections agree on it by themselves. */
    readonly httpVersion: 'unknown'
    readonly headers: readonly HarPair[]
    readonly queryString: readonly HarPair[]
    /** Always empty: cookies are secrets. */
    readonly cookies: readonly []
    readonly headersSize: -1
    readonly bodySize: number
    readonly postData?: { readonly mimeType: string; readonly text: string }
  }
  readonly response: {
    readonly status: number
    readonly statusText: string
    readonly httpVersion: 'unknown'
    readonly headers: readonly HarPair[]
    readonly cookies: readonly []
    readonly content: { readonly size: number; readonly mimeType: string; readonly text?: string }
    readonly redirectURL: string
    readonly headersSize: -1
    readonly bodySize: number
  }
  readonly cache: Record<string, never>
  readonly timings: { readonly send: -1; readonly wait: number; readonly receive: number }
  /** Why there is no answer; the status is 0 then. */
  readonly _error?: string
}

/** An HTTP archive, version 1.2, as browsers and other tools read it. */
export interface Har {
  readonly log: {
    readonly version: '1.2'
    readonly creator: { readonly name: string; readonly version: string }
    readonly entries: readonly HarEntry[]
  }
}

/** Records what is exchanged with servers: each attempt and each redirection is an entry. No secret is in it. */
export class HarRecorder {
  readonly #options: HarOptions
  readonly #clock: Clock
  readonly #entries: HarEntry[] = []

  /** @throws `invalid_option` */
  constructor(options: HarOptions = {}) {
    checkOptions('HarRecorder', options, rules)
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** To be put around the hops of a client. */
  readonly interceptor: HopInterceptor = async (request, next) => {
    const noted = this.#note(request)
    try {
      const response = await next(request)
      const body = copied(response.body, this.#limit, (copy) => this.#add(noted, response, copy))
      noted.waited = this.#clock.elapsed()
      return { ...response, body }
    } catch (error) {
      this.#add(noted, undefined, new Copied(0), error)
      throw error
    }
  }

  /** What was recorded so far: exchanges whose body has ended, in the order of their ends. */
  har(): Har {
    return {
      log: { version: '1.2', creator: { name: '@posthouse/http', version: httpVersion }, entries: [...this.#entries] },
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.length = 0
  }

  get #limit(): number {
    return this.#options.bodies === true ? (this.#options.maxBodyBytes ?? 64 * 1024) : 0
  }

  #note(request: HopRequest): Noted {
    return { request, at: this.#clock.now(), began: this.#clock.elapsed(), waited: this.#clock.elapsed() }
  }

  #add(noted: Noted, response: HopResponse | undefined, copy: Copied, error?: unknown): void {
    const ended = this.#clock.elapsed()
    if (response === undefined) noted.waited = ended
    this.#entries.push({
      startedDateTime: new Date(noted.at).toISOString(),
      time: ended - noted.began,
      request: this.#request(noted.request),
      response: this.#response(noted.request, response, copy),
      cache: {},
      timings: { send: -1, wait: noted.waited - noted.began, receive: ended - noted.waited },
      ...(error === undefined ? {} : { _error: (error as { code?: string }).code ?? 'internal' }),
    })
    const most = this.#options.entries ?? 1_000
    if (this.#entries.length > most) this.#entries.shift()
  }

  #request({ method, url, headers, body }: HopRequest): HarEntry['request'] {
    const shown = redactUrl(url, this.#options.secrets)
    const type = headers.get('content-type') ?? ''
    const text = this.#text(sentBytes(body, this.#limit), type)
    return {
      method,
      url: shown,
      httpVersion: 'unknown',
      headers: this.#pairs(headers, url),
      queryString: [...new URL(shown).searchParams].map(([name, value]) => ({ name, value })),
      cookies: [],
      headersSize: -1,
      bodySize: body === undefined ? 0 : (body.length ?? -1),
      ...(text === undefined ? {} : { postData: { mimeType: type, text } }),
    }
  }

  #response({ url }: HopRequest, response: HopResponse | undefined, copy: Copied): HarEntry['response'] {
    const mimeType = response?.headers.get('content-type') ?? ''
    const location = response?.headers.get('location')
    const text = this.#text(copy.whole, mimeType)
    return {
      status: response?.status ?? 0,
      statusText: response?.statusText ?? '',
      httpVersion: 'unknown',
      headers: response === undefined ? [] : this.#pairs(response.headers, url),
      cookies: [],
      content: { size: copy.size, mimeType, ...(text === undefined ? {} : { text }) },
      redirectURL:
        location === undefined ? '' : redactHeader('location', location, { base: url, more: this.#options.secrets }),
      headersSize: -1,
      bodySize: -1,
    }
  }

  #pairs(headers: HttpHeaders, url: URL): HarPair[] {
    const { secrets } = this.#options
    return [...headers].map(([name, value]) => ({
      name,
      value: redactHeader(name, value, { base: url, more: secrets }),
    }))
  }

  #text(bytes: Uint8Array | undefined, type: string): string | undefined {
    if (this.#options.bodies !== true || bytes === undefined || bytes.length === 0) return undefined
    return shownBody(bytes, type, { max: Number.POSITIVE_INFINITY, secrets: this.#options.secrets ?? new Set() })
  }
}

interface Noted {
  readonly request: HopRequest
  readonly at: number
  readonly began: number
  waited: number
}
