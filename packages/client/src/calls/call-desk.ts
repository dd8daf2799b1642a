import { PosthouseError } from '@posthouse/core'
import { type CallFrame, draftCall } from '@posthouse/protocol'
import { type CallOptions, HandledCalls, MadeCalls } from '@posthouse/protocol/calls'
import type { CallGate } from './call-gate.ts'

/** Calls that a client handles at the same time. */
const mostHandled = 1024

/** A client's calls, in both directions. */
export class CallDesk {
  readonly made: MadeCalls
  readonly #handled: HandledCalls
  readonly #gate: CallGate

  constructor(gate: CallGate) {
    this.#gate = gate
    const { clock } = gate.settings
    const { failed, ended } = gate.events
    const write = gate.write.bind(gate)
    this.made = new MadeCalls({ clock, write, ended })
    this.#handled = new HandledCalls({ clock, handlers: gate.handlers, most: mostHandled, write, failed, ended })
  }

  get idle(): boolean {
    return this.made.size === 0 && this.#handled.size === 0
  }

  /** @throws PosthouseError (also later) what `HubClient.request` documents */
  request(to: string, method: string, body: unknown, options: CallOptions): Promise<unknown> {
    return this.made.request(draftCall(to, method, body), options)
  }

  /** @throws PosthouseError (in the loop) what `HubClient.request` documents */
  stream(to: string, method: string, body: unknown, options: CallOptions): AsyncGenerator<unknown, void, undefined> {
    return this.made.stream(draftCall(to, method, body), options)
  }

  receive(frame: CallFrame): void {
    switch (frame.op) {
      case 'request':
        if (this.#gate.draining)
          this.#gate.refuse(frame, new PosthouseError('draining', 'this client is about to close'))
        else this.#handled.receive(frame)
        break
      case 'response':
        this.made.receive(frame)
        break
      case 'cancel':
        this.#handled.cancel(frame.id)
        break
      case 'credit':
        this.#handled.grant(frame.id, frame.parts)
        break
    }
  }

  cut(error: PosthouseError): void {
    this.made.failAll(error)
    this.#handled.cancelAll(new PosthouseError('not_connected', 'the connection to the caller was lost'))
  }
}
