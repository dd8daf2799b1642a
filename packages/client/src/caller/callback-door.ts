import { isPosthouseError, PosthouseError } from '@posthouse/core'
import { type HeaderSource, verifyCallback } from '@posthouse/core/callbacks'
import { type CallResponse, readResponse } from './call-request.ts'
import type { CallSettings } from './call-settings.ts'
import type { CallbackDesk } from './callback-desk.ts'
import type { Dispatcher } from './dispatcher.ts'

/** What to answer the server that posted a callback: a status, and a body that is written as JSON. */
export interface CallbackReply {
  readonly status: number
  readonly body: {
    readonly success: boolean
    readonly message?: string
    readonly error?: string
    readonly code?: string
  }
}

/** The body of a callback: as it came, or, where no signature is needed, what was read from it. */
export type CallbackBody = string | Uint8Array | object

/** What a door needs of its owner. */
export interface CallbackDoorOptions {
  readonly settings: CallSettings
  readonly desk: CallbackDesk
  readonly dispatcher: Dispatcher
}

/** Callbacks of calls of other programs that are remembered, so that one which comes twice runs once. */
const mostSeen = 10_000
const taken: CallbackReply = { status: 200, body: { success: true, message: 'the callback is taken' } }

/** Takes what servers post to the callback URL, and answers at once: what is to be done for it is done later. */
export class CallbackDoor {
  readonly #options: CallbackDoorOptions
  readonly #seen = new Set<string>()

  constructor(options: CallbackDoorOptions) {
    this.#options = options
  }

  /** @throws PosthouseError `invalid_option` where a signature is needed and the body was parsed already */
  async receive(body: CallbackBody, headers: HeaderSource): Promise<CallbackReply> {
    try {
      const signedId = await this.#verify(body, headers)
      return this.#take(read(body), signedId)
    } catch (error) {
      if (!isPosthouseError(error) || error.code === 'invalid_option') throw error
      const { code, message } = error
      this.#options.settings.logger.warn('a callback was refused', { code, message })
      return refusal(code === 'invalid_signature' ? 401 : 400, code, message)
    }
  }

  /** The callback's own id where it is signed, nothing where it need not be. */
  async #verify(body: CallbackBody, headers: HeaderSource): Promise<string | undefined> {
    const { secrets, unsignedCallbacks, clock } = this.#options.settings
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    if (unsignedCallbacks && (!isRaw || secrets.length === 0 || !isSigned(headers))) return undefined
    if (secrets.length === 0) {
      throw new PosthouseError('invalid_signature', 'no callback is believed here: there is no callbackSecret')
    }
    if (!isRaw)
      throw new PosthouseError('invalid_option', 'a signature is over the body as it came: do not parse it before')
    const { id } = await verifyCallback({ body, headers, keys: secrets, now: clock.now() })
    return id
  }

  #take(response: CallResponse, signedId: string | undefined): CallbackReply {
    const { desk, dispatcher } = this.#options
    const { request_id, callback_func: name = response.api } = response
    const call = dispatcher.find(request_id)
    if (call !== undefined) {
      call.answer(response)
      return taken
    }
    if (dispatcher.hasEnded(request_id) || (signedId !== undefined && this.#seen.has(signedId))) return taken
    // Anybody could have made one without a signature: only calls of this program are believed to be answered so.
    if (signedId === undefined) return refusal(404, 'unknown_call', 'no such call is under way here')
    if (!desk.has(name)) return refusal(404, 'no_handler', `no callback ${JSON.stringify(name)} is registered here`)
    if (!desk.take(name, response)) return refusal(503, 'too_many_calls', 'too many results wait here: try again later')
    this.#remember(signedId)
    return taken
  }

  #remember(id: string): void {
    this.#seen.add(id)
    for (const oldest of this.#seen) {
      if (this.#seen.size <= mostSeen) return
      this.#seen.delete(oldest)
    }
  }
}

function isSigned(headers: HeaderSource): boolean {
  if ('get' in headers && typeof headers.get === 'function') return Boolean(headers.get('webhook-signature'))
  return Object.keys(headers).some((name) => name.toLowerCase() === 'webhook-signature')
}

/** @throws PosthouseError `invalid_body` */
function read(body: CallbackBody): CallResponse {
  const response = readResponse(typeof body === 'string' || body instanceof Uint8Array ? parse(body) : body)
  if (response !== undefined) return response
  throw new PosthouseError('invalid_body', 'the body of a callback is a response: request_id, api, success')
}

function parse(body: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))
  } catch (cause) {
    throw new PosthouseError('invalid_body', 'the body of a callback is not JSON', { cause })
  }
}

function refusal(status: number, code: string, error: string): CallbackReply {
  return { status, body: { success: false, code, error } }
}
