import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { networkReason } from './network-reason.ts'

/** What a hub that turns connections away means by a status. */
const refusals: ReadonlyMap<unknown, string> = new Map([
  [429, ': too many connections come from here, or come too fast; try again in a moment'],
  [503, ': it has as many connections as it may have, or is about to end; posthouse doctor tells which'],
])

/**
 * Learns why a WebSocket could not be opened. Node's own tells its program nothing, as browsers must; the client under it
 * tells whoever listens to its diagnostics.
 */
export class SocketTrouble implements Disposable {
  #reason: string | undefined
  readonly #onError = (message: unknown): void => {
    const error = member(message, 'error')
    if (error !== undefined) this.#reason = networkReason(error)
  }
  readonly #onAnswer = (message: unknown): void => {
    const status = member(member(message, 'response'), 'statusCode')
    if (status !== 101) this.#reason = `it answers HTTP ${status}${refusals.get(status) ?? ''}`
  }

  constructor() {
    subscribe('undici:client:connectError', this.#onError)
    subscribe('undici:request:error', this.#onError)
    subscribe('undici:request:headers', this.#onAnswer)
  }

  /** What went wrong last. */
  get reason(): string | undefined {
    return this.#reason
  }

  [Symbol.dispose](): void {
    unsubscribe('undici:client:connectError', this.#onError)
    unsubscribe('undici:request:error', this.#onError)
    unsubscribe('undici:request:headers', this.#onAnswer)
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
