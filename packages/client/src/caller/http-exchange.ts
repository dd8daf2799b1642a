import { PosthouseError, reasonOf } from '@posthouse/core'
import type { CallSettings } from './call-settings.ts'
import { tokenOf } from './token-of.ts'

/** One request of a door. */
export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** How long the server is asked to wait, in milliseconds. Default: it is not asked. */
  readonly waitMs?: number
  readonly accept?: string | undefined
  readonly body?: string
  readonly signal?: AbortSignal | undefined
}

/** Tells the store of a Posthouse, with each of its answers. */
const storeHeader = 'posthouse-calls'
/** What a connection fails with that was never there. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Requests to the HTTP door of a server, and what its answers say about it. */
export class HttpExchange {
  readonly #settings: CallSettings & { readonly httpUrl: string }
  #store: string | undefined

  constructor(settings: CallSettings & { readonly httpUrl: string }) {
    this.#settings = settings
  }

  /** What remembers results there, as its last answer said; nothing where that is an original. */
  get store(): string | undefined {
    return this.#store
  }

  /**
   * Sends a request and resolves with the head of the answer.
   * @param path `call` for the URL of the door itself, otherwise beside it.
   * @throws PosthouseError `unreachable`
   */
  async send(path: string, request: ExchangeRequest): Promise<Response> {
    const { method, body, waitMs = 0, signal } = request
    const { httpUrl, fetch, clock, connectTimeoutMs } = this.#settings
    const url = path === 'call' ? httpUrl : String(new URL(path, httpUrl))
    const controller = new AbortController()
    const abort = (): void => controller.abort()
    const timer = clock.after(waitMs + connectTimeoutMs, abort)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    try {
      const headers = await this.#headers(request)
      const reply = await fetch(url, {
        method,
        headers,
        signal: controller.signal,
        ...(body !== undefined && { body }),
      })
      const store = reply.headers.get(storeHeader) ?? undefined
      // A server before the real one says nothing about it.
      if (store !== undefined || reply.status < 500) this.#store = store
      return reply
    } catch (cause) {
      throw new PosthouseError('unreachable', `${httpUrl} cannot be reached: ${why(cause)}`, { cause })
    } finally {
      timer[Symbol.dispose]()
    }
  }

  async #headers({ body, accept, waitMs }: ExchangeRequest): Promise<Record<string, string>> {
    const token = await tokenOf(this.#settings)
    return {
      accept: accept ?? 'application/json',
      'posthouse-caller': this.#settings.caller,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(waitMs !== undefined && { prefer: `wait=${Math.ceil(waitMs / 1000)}` }),
    }
  }
}

/** True where a request that failed so cannot have reached anybody. */
export function neverSent(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && unsentCodes.has(at.code)) return true
  return false
}

function why(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? reasonOf(error.cause) : reasonOf(error)
}
