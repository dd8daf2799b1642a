import { isErrorCode, type Logger, PosthouseError, randomHex, toPosthouseError } from '@posthouse/core'
import { type CallResponse, isRecord, readResponse } from './call-request.ts'
import type { CallSettings } from './call-settings.ts'
import { HttpExchange, neverSent } from './http-exchange.ts'
import { readLines } from './json-lines.ts'
import { type PendingCall, unknownOutcome } from './pending-call.ts'

/** What a door needs of its owner. */
export interface HttpDoorOptions {
  readonly settings: CallSettings & { readonly httpUrl: string }
}

/** Between two questions where the server does not wait, in milliseconds. */
const pauseMs = 250
/** What the statuses of a server, or of one before it, say where the body has no code. */
const statusCodes = { 401: 'unauthenticated', 403: 'forbidden', 413: 'body_too_large', 429: 'rate_limited' } as const
/** What a server before the real one says when it does not get through. */
const gatewayStatuses: readonly number[] = [502, 503, 504]
const lines = 'application/x-ndjson'

/** Calls that are posted, to a Posthouse, which remembers results, or to an original, which posts them to the callback URL. */
export class HttpDoor {
  readonly #settings: CallSettings & { readonly httpUrl: string }
  readonly #exchange: HttpExchange
  readonly #logger: Logger
  /** How long a server is asked to wait for the end of a call, in milliseconds; it counts in seconds. */
  readonly #waitMs: number
  #known: Promise<void> | undefined
  #error = new PosthouseError('unreachable', 'nothing was posted')

  constructor({ settings }: HttpDoorOptions) {
    this.#settings = settings
    this.#exchange = new HttpExchange(settings)
    this.#logger = settings.logger
    this.#waitMs = Math.max(2 * settings.silenceMs, 1000)
  }

  /** Why the last call did not get through. */
  get error(): PosthouseError {
    return this.#error
  }

  /**
   * Finds out who answers there, once.
   * @throws PosthouseError `unreachable`
   */
  learn(): Promise<void> {
    this.#known ??= this.#learn()
    return this.#known
  }

  /** Posts a call. Resolves with true where the connection was lost under it, with false when it has ended. */
  async carry(call: PendingCall): Promise<boolean> {
    const controller = new AbortController()
    call.leave = (answered) => {
      controller.abort()
      if (!answered) this.#cancel(call)
    }
    try {
      await this.#ask(call, controller.signal)
    } catch (thrown) {
      this.#error = toPosthouseError(thrown, 'unreachable')
      this.#logger.debug('a call did not get through', { id: call.id, error: this.#error.message })
    }
    if (call.ended) return false
    call.leave = undefined
    return true
  }

  async #learn(): Promise<void> {
    try {
      const reply = await this.#exchange.send(`calls/${randomHex(16)}`, { method: 'GET' })
      await reply.body?.cancel()
      if (this.#exchange.store === undefined && gatewayStatuses.includes(reply.status)) throw this.#gateway(reply)
    } catch (error) {
      this.#known = undefined
      throw error
    }
  }

  async #ask(call: PendingCall, signal: AbortSignal): Promise<void> {
    await this.learn()
    if (!call.mayGoTo(this.#exchange.store)) {
      call.fail(unknownOutcome(call.draft.api, 'the server does not remember what it was sent before'))
    } else if (this.#exchange.store === undefined) await this.#askOriginal(call, signal)
    else if (call.draft.byCallback) await this.#leaveToCallback(call, signal)
    else await this.#askAndWait(call, signal)
  }

  /** Posts it, and waits for what is posted back. */
  async #askOriginal(call: PendingCall, signal: AbortSignal): Promise<void> {
    const { callbackUrl, idempotent } = call.draft
    if (callbackUrl === undefined) {
      const who = `no Posthouse with procedures answers at ${this.#settings.httpUrl}`
      const problem = `${who}: give the node some (posthouse up --procedures), or another server a callbackUrl for its results`
      call.fail(new PosthouseError('unsupported', problem))
      return
    }
    try {
      await this.#leaveToCallback(call, signal)
    } catch (error) {
      if (call.trace === undefined || idempotent || call.ended) throw error
      // It may have arrived all the same: then its callback comes.
      call.doubt = toPosthouseError(error, 'unreachable')
      await call.end()
    }
  }

  async #leaveToCallback(call: PendingCall, signal: AbortSignal): Promise<void> {
    const reply = await this.#post(call, { callbackUrl: call.draft.callbackUrl, signal, waitMs: 0 })
    const receipt = await bodyOf(reply)
    if (!reply.ok) return this.#refused(call, reply, receipt)
    if (isRecord(receipt) && receipt.success === false) return call.answer(failureIn(call, receipt))
    call.handed()
    await call.end()
  }

  async #askAndWait(call: PendingCall, signal: AbortSignal): Promise<void> {
    let reply = await this.#post(call, { callbackUrl: undefined, signal, waitMs: this.#waitMs })
    while (!(await this.#settled(call, reply))) {
      const { draft, restMs } = call
      const since = this.#settings.clock.elapsed()
      const query = draft.items === undefined ? '' : `?from=${draft.items.next}`
      reply = await this.#exchange.send(pathOf(call) + query, {
        method: 'GET',
        waitMs: Math.min(this.#waitMs, restMs),
        accept: acceptOf(call),
        signal,
      })
      if (reply.status === 202 && this.#settings.clock.elapsed() - since < pauseMs) await call.pause(pauseMs)
    }
  }

  /** Whether the call has ended by what the server says. */
  async #settled(call: PendingCall, reply: Response): Promise<boolean> {
    if (reply.status !== 200 || !reply.headers.get('content-type')?.startsWith(lines)) {
      const body = await bodyOf(reply)
      if (reply.status === 202) call.handed()
      else this.#settle(call, reply, body)
      return call.ended
    }
    call.handed()
    for await (const line of readLines(reply, this.#settings.silenceMs * 4, this.#settings.clock)) {
      if (typeof line.n === 'number') {
        await call.draft.items?.room()
        call.item(line.n, line.item)
      } else if ('progress' in line) call.progress(line.progress)
      // Where that is the answer of the call itself, it is told so when it is asked again.
      else if (line.code === 'token_expired') throw new PosthouseError('not_connected', 'the token has expired')
      else this.#settle(call, reply, line)
      if (call.ended) return true
    }
    throw new PosthouseError('not_connected', 'the answer broke off')
  }

  #settle(call: PendingCall, reply: Response, body: unknown): void {
    const response = readResponse(body)
    if (response?.code === 'draining') throw new PosthouseError('unreachable', 'the server is about to leave')
    if (response?.request_id === call.id) call.answer(response)
    else this.#refused(call, reply, body)
  }

  /** @throws PosthouseError `unreachable` where asking again can help */
  #refused(call: PendingCall, { status }: Response, body: unknown): void {
    if (isRecord(body) && body.code === 'unknown_call') {
      throw new PosthouseError('not_connected', 'the server does not know the call')
    }
    if (gatewayStatuses.includes(status) && !(isRecord(body) && body.success === false)) throw this.#gateway({ status })
    const code = Object.entries(statusCodes).find(([each]) => Number(each) === status)?.[1]
    const answer = failureIn(call, isRecord(body) ? body : {}, `the server answers with status ${status}`)
    call.answer(answer.code !== undefined || code === undefined ? answer : { ...answer, code })
  }

  #gateway({ status }: Pick<Response, 'status'>): PosthouseError {
    return new PosthouseError('unreachable', `${this.#settings.httpUrl} answers ${status}`)
  }

  async #post(
    call: PendingCall,
    how: { readonly callbackUrl: string | undefined; readonly signal: AbortSignal; readonly waitMs: number },
  ): Promise<Response> {
    const { store } = this.#exchange
    const before = call.trace
    const body = JSON.stringify(call.request('http', how.callbackUrl, store === undefined))
    call.trace ??= { store }
    try {
      return await this.#exchange.send('call', {
        method: 'POST',
        waitMs: Math.min(how.waitMs, call.restMs),
        accept: acceptOf(call),
        body,
        signal: how.signal,
      })
    } catch (error) {
      if (neverSent(error)) call.trace = before
      throw error
    }
  }

  #cancel(call: PendingCall): void {
    if (call.trace === undefined || this.#exchange.store === undefined) return
    this.#exchange.send(pathOf(call), { method: 'DELETE' }).then(
      (reply) => reply.body?.cancel(),
      // The server gives it up at its deadline.
      () => undefined,
    )
  }
}

/** A program may name its calls as it likes. */
function pathOf({ id }: PendingCall): string {
  return `calls/${encodeURIComponent(id)}`
}

function acceptOf({ draft }: PendingCall): string | undefined {
  return draft.items === undefined ? undefined : `${lines}, application/json`
}

async function bodyOf(reply: Response): Promise<unknown> {
  const text = await reply.text()
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function failureIn(
  call: PendingCall,
  body: Readonly<Record<string, unknown>>,
  error = 'the call failed',
): CallResponse {
  const { code, details, detail = error } = body
  return {
    request_id: call.id,
    api: call.draft.api,
    success: false,
    error: String(body.error ?? detail),
    ...(isErrorCode(code) && { code }),
    ...(details !== undefined && { details }),
  }
}
