import { BusyMap, type Clock, type Logger, PosthouseError } from '@posthouse/core'
import {
  assertMethod,
  type CallFrame,
  callDrafter,
  type ErrorFrame,
  type Limits,
  type RequestFrame,
  type ResponseFrame,
} from '@posthouse/protocol'
import { bodyToValue, encodeBody } from '@posthouse/protocol/bodies'
import { type CallHandler, type CallOptions, HandledCalls, MadeCalls } from '@posthouse/protocol/calls'
import { Access } from '../access/access.ts'
import { assertBodyFits } from '../limits/body-limit.ts'
import type { CallEntry } from './call-entry.ts'
import { administer, type OwnPort, ownMethods } from './call-port.ts'
import { calleeShare, type Exchange } from './exchange.ts'

/** So many handlers may run in each other; one takes some 20 frames of a stack that has room for some 10,000. */
const deepest = 32

/** What a desk needs. */
export interface HubDeskOptions {
  readonly exchange: Exchange
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Pick<Limits, 'bodyBytes' | 'calls'>
}

/** How the hub answers calls of a method. */
export interface HandleOptions {
  /**
   * What a caller must be allowed to `request` of `hub`: a name that permissions give instead of the method's, or `administer`,
   * which only those may call who may do that. Default: the name of the method.
   */
  readonly permission?: string | undefined
}

/** The hub's own end of calls: those that it makes, and those to `hub`. */
export class HubDesk implements OwnPort {
  readonly address = 'hub'
  readonly answers = true
  readonly access: Access = Access.everything
  readonly made: BusyMap<string, CallEntry> = new BusyMap()
  readonly asked: BusyMap<string, CallEntry> = new BusyMap()
  readonly #options: HubDeskOptions
  readonly #handlers = new Map<string, CallHandler>()
  readonly #permissions = new Map<string, string>()
  readonly #draft = callDrafter('exact')
  readonly #madeCalls: MadeCalls
  readonly #handledCalls: HandledCalls
  /** Handlers that run in each other now. */
  #depth = 0
  #closed = false

  constructor(options: HubDeskOptions) {
    const { exchange, clock, logger, limits } = options
    this.#options = options
    this.#madeCalls = new MadeCalls({ clock, write: (frame) => void this.#put(frame), ended: () => undefined })
    this.#handledCalls = new HandledCalls({
      clock,
      handlers: this.#handlers,
      // Also those that nobody waits for any more: who calls and gives up must not start handlers without end.
      most: limits.calls * calleeShare,
      form: 'exact',
      write: (frame) => this.#put(frame),
      failed: (error, { from, method }) => logger.error('a handler of the hub failed', { from, method, error }),
      ended: () => undefined,
    })
    exchange.serve(this)
  }

  get open(): boolean {
    return !this.#closed
  }

  permissionFor(method: string): string | undefined {
    if (method.startsWith(ownMethods)) return administer
    const permission = this.#permissions.get(method)
    // What the hub answers for everyone finds out by itself who may have it.
    return permission ?? (this.#handlers.has(method) ? undefined : method)
  }

  /** @throws PosthouseError `invalid_option` */
  handle(method: string, handler: CallHandler, { permission = method }: HandleOptions = {}): Disposable {
    if (method.startsWith(ownMethods)) {
      throw new PosthouseError('invalid_option', `methods that begin with ${ownMethods} are the hub's own`)
    }
    const handling = this.handleOwn(method, handler)
    this.#permissions.set(method, permission)
    return handling
  }

  /**
   * Adds a method of the hub's own: one whose name begins with `hub.` is for those who may administer it, any other for everyone.
   * @throws PosthouseError `invalid_option`
   */
  handleOwn(method: string, handler: CallHandler): Disposable {
    if (this.#handlers.has(assertMethod(method))) {
      throw new PosthouseError('invalid_option', `${JSON.stringify(method)} has a handler already`)
    }
    this.#handlers.set(method, handler)
    return {
      [Symbol.dispose]: () => {
        if (this.#handlers.get(method) !== handler) return
        this.#handlers.delete(method)
        this.#permissions.delete(method)
      },
    }
  }

  /** @throws PosthouseError (also later) what `Hub.request` documents */
  request(to: string, method: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.#madeCalls.request(this.#draft(to, method, body), options)
  }

  /** Ends all calls of the hub. */
  close(): void {
    this.#closed = true
    const error = new PosthouseError('closed', 'this hub was closed')
    this.#madeCalls.failAll(error)
    this.#handledCalls.cancelAll(error)
    this.#options.exchange.close(this)
  }

  write(frame: CallFrame | ErrorFrame): void {
    switch (frame.op) {
      case 'request':
        this.#handle(this.#read(frame))
        break
      case 'cancel':
        this.#handledCalls.cancel(frame.id)
        break
      case 'credit':
        this.#handledCalls.grant(frame.id, frame.parts)
        break
      case 'response':
        this.#madeCalls.receive(this.#read(frame))
        break
    }
  }

  /** In this turn, unless handlers that call the hub themselves are as deep in each other as the stack should be filled. */
  #handle(frame: RequestFrame): void {
    if (this.#depth === deepest) {
      queueMicrotask(() => this.asked.has(frame.id) && this.#handle(frame))
      return
    }
    this.#depth++
    try {
      this.#handledCalls.receive(frame)
    } finally {
      this.#depth--
    }
  }

  /** Hands a frame of the hub's own to the exchange; returns how many bytes its body has, where that is counted. */
  #put(frame: CallFrame): number {
    const { exchange, limits } = this.#options
    if (!('body' in frame) || frame.body?.format !== 'value') {
      exchange.receive(this, frame)
      return 0
    }
    // A whole answer is written once, in the words of who asked.
    if (frame.op === 'response' && frame.part === undefined) {
      exchange.receive(this, frame)
      return 0
    }
    const body = encodeBody(frame.body.value)
    assertBodyFits(body, limits)
    exchange.receive(this, { ...frame, body })
    return body.bytes.byteLength
  }

  /** The frame with its body as a value of its own, whoever has written it. */
  #read<Frame extends RequestFrame | ResponseFrame>(frame: Frame): Frame {
    const { body } = frame
    if (body === undefined) return frame
    const encoded = body.format === 'value' ? encodeBody(body.value) : body
    if (encoded !== body) assertBodyFits(encoded, this.#options.limits)
    return { ...frame, body: { format: 'value', value: bodyToValue({ type: 'x-call', body: encoded }) } }
  }
}
