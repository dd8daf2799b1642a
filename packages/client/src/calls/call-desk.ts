import { type Clock, PosthouseError } from '@posthouse/core'
import {
  type BodyForm,
  type CallDrafter,
  type CallFrame,
  callDrafter,
  errorInfo,
  type RequestFrame,
} from '@posthouse/protocol'
import { type CallOptions, HandledCalls, MadeCalls } from '@posthouse/protocol/calls'
import type { DialogEvents } from '../dialog/dialog.ts'

/** What a desk needs of its owner. */
export interface CallDeskOptions {
  readonly clock: Clock
  readonly events: Pick<DialogEvents, 'watchers' | 'handlers' | 'draining' | 'rested'>
  /** Of the bodies that are written. */
  readonly form: BodyForm
  /**
   * Sends a frame, and returns how many bytes it takes.
   * @throws PosthouseError `not_connected`, `body_too_large`, `frame_too_large`, `unrepresentable`, `outbox_full`
   */
  readonly write: (frame: CallFrame) => number
}

/** Calls that a client handles at the same time. */
const mostHandled = 1024

/** A client's calls, in both directions. */
export class CallDesk {
  readonly #draft: CallDrafter
  readonly #made: MadeCalls
  readonly #handled: HandledCalls
  readonly #options: CallDeskOptions

  constructor(options: CallDeskOptions) {
    this.#options = options
    const { clock, events, form, write } = options
    this.#draft = callDrafter(form)
    const ended = (): void => events.rested()
    const failed = (error: PosthouseError): void => events.watchers.tell('error', error)
    this.#made = new MadeCalls({ clock, write, ended })
    this.#handled = new HandledCalls({
      clock,
      handlers: events.handlers,
      most: mostHandled,
      form,
      write,
      failed,
      ended,
    })
  }

  get idle(): boolean {
    return this.#made.size === 0 && this.#handled.size === 0
  }

  /** @throws PosthouseError (later) what `HubClient.request` documents */
  request(to: string, method: string, body: unknown, options: CallOptions = {}): Promise<unknown> {
    // An async function would cost a second promise for each call.
    try {
      return this.#made.request(this.#draft(to, method, body), options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** @throws PosthouseError (in the loop) what `HubClient.request` documents */
  stream(
    to: string,
    method: string,
    body: unknown,
    options: CallOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    return this.#made.stream(this.#draft(to, method, body), options)
  }

  receive(frame: CallFrame): void {
    switch (frame.op) {
      case 'request':
        if (this.#options.events.draining()) this.#refuse(frame)
        else this.#handled.receive(frame)
        break
      case 'response':
        this.#made.receive(frame)
        break
      case 'cancel':
        this.#handled.cancel(frame.id)
        break
      case 'credit':
        this.#handled.grant(frame.id, frame.parts)
        break
    }
  }

  /** The hub refused a request by an error frame. Says whether its call was under way. */
  refused(id: string, error: PosthouseError): boolean {
    return this.#made.fail(id, error)
  }

  cut(error: PosthouseError): void {
    this.#made.failAll(error)
    this.#handled.cancelAll(new PosthouseError('not_connected', 'the connection to the caller was lost'))
  }

  #refuse({ id }: RequestFrame): void {
    const error = new PosthouseError('draining', 'this client is about to close')
    this.#options.write({ op: 'response', id, error: errorInfo(error) })
  }
}
