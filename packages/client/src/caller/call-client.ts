import { PosthouseError, randomHex } from '@posthouse/core'
import type { HeaderSource } from '@posthouse/core/callbacks'
import { callTime } from '@posthouse/protocol/calls'
import { apiProxy } from './api-proxy.ts'
import type { ApiCalls, CallArguments, InputOf, ItemOf, OutputOf, ProcedureName } from './api-types.ts'
import { failedResponse, failureOf } from './call-failure.ts'
import type { CallbackCallOptions, CallOptions, CallReceipt } from './call-options.ts'
import { type CallClientOptions, type CallSettings, callSettings } from './call-settings.ts'
import { type CallEvents, type CallMode, CallWatchers } from './call-watchers.ts'
import { CallbackDesk, type CallbackHandler, type CallbackPlace } from './callback-desk.ts'
import { type CallbackBody, CallbackDoor, type CallbackReply } from './callback-door.ts'
import { Dispatcher } from './dispatcher.ts'
import { ItemList } from './item-list.ts'
import { ItemQueue } from './item-queue.ts'
import { type CallDraft, PendingCall } from './pending-call.ts'

/**
 * Calls procedures of a server, through a socket and over HTTP while there is none; each call is carried out once, whichever
 * way it travels.
 *
 * @example
 * ```ts
 * await using client = createCallClient<typeof api>({ socketUrl: 'ws://127.0.0.1:9898' })
 * await client.connect()
 * const user = await client.call('user.get', { userId: 7 })
 * ```
 */
export class CallClient<Api = unknown> implements AsyncDisposable {
  /** The procedures as functions: `client.api.user.get({ userId: 7 })`. */
  readonly api: ApiCalls<Api>
  readonly #settings: CallSettings
  readonly #watchers: CallWatchers
  readonly #desk: CallbackDesk
  readonly #dispatcher: Dispatcher
  readonly #callbacks: CallbackDoor

  /** @throws PosthouseError `invalid_option` */
  constructor(options: CallClientOptions = {}) {
    const settings = callSettings(options)
    const watchers = new CallWatchers(settings.logger)
    const { maxConcurrent, maxQueued } = settings
    this.#settings = settings
    this.#watchers = watchers
    this.#desk = new CallbackDesk({ maxConcurrent, maxQueued, watchers })
    this.#dispatcher = new Dispatcher(settings, watchers)
    this.#callbacks = new CallbackDoor({ settings, desk: this.#desk, dispatcher: this.#dispatcher })
    // The proxy makes a function of each path, as the type says.
    this.api = apiProxy((api, [data, how]) => this.#call(api, data, how as CallOptions)) as ApiCalls<Api>
  }

  /** How calls travel now. */
  get mode(): CallMode {
    return this.#dispatcher.mode
  }

  /** Whether the socket is there. */
  get isConnected(): boolean {
    return this.mode === 'socket'
  }

  /**
   * Connects the socket, or finds that HTTP has to do for now. Calls connect by themselves, too; this tells whether that works.
   * @throws PosthouseError `unreachable`, `unauthenticated`, `forbidden`, `closed`
   */
  connect(): Promise<void> {
    return this.#dispatcher.connect()
  }

  /**
   * Calls a procedure, and resolves with what it answers. The data is read before this returns.
   * @throws PosthouseError (also later) `unreachable`, `timeout`, `aborted`, `closed`, `unknown_outcome`, `invalid_option`,
   * `invalid_body`, `body_too_large`, `too_many_calls`, `unsupported`, or what the call failed with
   */
  call<Name extends ProcedureName<Api>>(
    api: Name,
    ...[data, options]: CallArguments<InputOf<Api, Name>>
  ): Promise<OutputOf<Api, Name>> {
    // What a server answers has the type that its procedure promises.
    return this.#call(api, data, options) as Promise<OutputOf<Api, Name>>
  }

  /**
   * Calls a procedure when the loop over it begins, and yields the items of its answer, or the whole answer as the only one.
   * Leaving the loop gives the call up; what is not taken yet holds back the server.
   * @throws PosthouseError (in the loop) what `call` documents, and `call_lost` where items were lost
   */
  async *stream<Name extends ProcedureName<Api>>(
    api: Name,
    ...[data, options = {}]: CallArguments<InputOf<Api, Name>>
  ): AsyncGenerator<ItemOf<Api, Name>, void, undefined> {
    const items = new ItemQueue()
    const call = this.#begin(this.#draft(api, data, options, { items }))
    items.onCredit = () => call.credited?.()
    call.done.then(
      (response) => items.end(response),
      (error) => items.fail(error),
    )
    try {
      // As with `call`.
      for (let next = await items.shift(); next; next = await items.shift()) yield next.value as ItemOf<Api, Name>
    } finally {
      call.fail(new PosthouseError('aborted', 'the loop was left'))
    }
  }

  /** Has `handler` called with the results that are for the callback `name`; a later one takes the place of an earlier. */
  registerCallback(name: string, handler: CallbackHandler): this {
    this.#desk.register(name, handler)
    return this
  }

  /** Says whether there was a callback of this name. */
  unregister(name: string): boolean {
    return this.#desk.unregister(name)
  }

  /**
   * Calls a procedure, resolves when the server has the call, and hands what becomes of it to a callback: one response, also
   * where it fails or nobody knows how it ended.
   * @throws PosthouseError `invalid_option` where the callback is not registered, or `callbackType` `http` has not both of its
   * URLs; where the call could not be sent, what `call` documents
   */
  async callWithCallback<Name extends ProcedureName<Api>>(
    api: Name,
    ...[data, options = {}]: CallArguments<InputOf<Api, Name>, CallbackCallOptions>
  ): Promise<CallReceipt> {
    const { callbackFunc = api, callbackType = 'socket' } = options
    const byCallback = this.#isByHttp(callbackType)
    const place = this.#desk.keep(callbackFunc)
    const call = this.#beginFor(place, () => this.#draft(api, data, options, { callback: callbackFunc, byCallback }))
    let isHandedOver = false
    const handedOver = call.handedOver.then(() => {
      isHandedOver = true
    })
    const ended = call.done.then(place.fill, (error) => {
      if (isHandedOver) return place.fill(failedResponse({ id: call.id, api, callback: callbackFunc }, error))
      place.give()
      throw error
    })
    await Promise.race([handedOver, ended])
    return {
      success: true,
      message: 'the server has the call',
      requestId: call.id,
      mode: byCallback ? 'http' : this.mode,
    }
  }

  /**
   * Takes a callback that was posted to `callbackUrl`, from whatever web framework, and says what to answer. The body must be
   * as it came, because the signature is over its bytes; with `unsignedCallbacks` it may be parsed.
   * @throws PosthouseError `invalid_option`
   */
  handleCallback(body: CallbackBody, headers: HeaderSource = {}): Promise<CallbackReply> {
    return this.#callbacks.receive(body, headers)
  }

  /** Has `watcher` called with each event, until disposed of. */
  watch<Name extends keyof CallEvents>(name: Name, watcher: (event: CallEvents[Name]) => unknown): Disposable {
    return this.#watchers.add(name, watcher)
  }

  /**
   * Leaves the server: calls under way fail with `closed`. Resolves when the callbacks of results that have come are done. A
   * call that is made later connects again.
   */
  async disconnect(): Promise<void> {
    this.#dispatcher.close()
    await this.#desk.rest()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect()
  }

  async #call(api: string, data: unknown, options: CallOptions = {}): Promise<unknown> {
    // Only answers that come in parts have room for what is said meanwhile.
    const items = options.onProgress && new ItemList()
    const call = this.#begin(this.#draft(api, data, options, { items }))
    if (items) items.onCredit = () => call.credited?.()
    const response = await call.done
    if (!response.success) throw failureOf(response)
    return response.items === undefined ? response.data : (items?.values ?? response.data)
  }

  #draft(api: string, data: unknown, options: CallOptions, more: Partial<CallDraft> = {}): CallDraft {
    const { clock, timeoutMs: usualMs, callbackUrl } = this.#settings
    const { requestId: id = randomId(), idempotent = false, signal, onProgress, deadline } = options
    const timeoutMs = options.timeoutMs ?? (deadline === undefined ? (more.byCallback ? dayMs : usualMs) : undefined)
    if (typeof api !== 'string' || api === '') throw new PosthouseError('invalid_option', 'a call names a procedure')
    return {
      id,
      api,
      data: data === undefined ? {} : data,
      callback: api,
      callbackUrl,
      byCallback: false,
      idempotent,
      timeoutMs: callTime({ ...(timeoutMs && { timeoutMs }), ...(deadline !== undefined && { deadline }) }, clock),
      signal,
      onProgress,
      items: undefined,
      ...more,
    }
  }

  #begin(draft: CallDraft): PendingCall {
    this.#dispatcher.assertRoom(draft.id)
    const call = new PendingCall(draft, this.#settings.clock)
    this.#dispatcher.add(call)
    return call
  }

  #beginFor(place: CallbackPlace, draft: () => CallDraft): PendingCall {
    try {
      return this.#begin(draft())
    } catch (error) {
      place.give()
      throw error
    }
  }

  #isByHttp(type: unknown): boolean {
    const { httpUrl, callbackUrl } = this.#settings
    if (type !== 'socket' && type !== 'http') {
      throw new PosthouseError('invalid_option', `callbackType must be socket or http, not ${String(type)}`)
    }
    if (type === 'http' && (httpUrl === undefined || callbackUrl === undefined)) {
      throw new PosthouseError('invalid_option', 'callbackType http needs httpUrl and callbackUrl')
    }
    return type === 'http'
  }
}

/** A UUID of version 4 (RFC 9562, section 5.4): nobody guesses the id of a call, which unsigned callbacks are believed by. */
function randomId(): string {
  return randomHex(16).replace(/^(.{8})(.{4}).(.{3}).(.{3})/, '$1-$2-4$3-8$4-')
}

/** How long a result may take that comes by a callback: servers try for so long to bring it, in milliseconds. */
const dayMs = 86_400_000

/**
 * Makes a client for the procedures of `Api`, the type of what `createApi` made on the server; without it, any name may be called.
 * @throws PosthouseError `invalid_option`
 */
export function createCallClient<Api = unknown>(options: CallClientOptions = {}): CallClient<Api> {
  return new CallClient<Api>(options)
}
