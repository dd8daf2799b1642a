import type { HubClient, WatchEvents } from '@posthouse/client'
import { exitCodes } from './failure.ts'
import { pause } from './interrupt.ts'
import { type Terminal, visible } from './terminal.ts'

type Receipt = WatchEvents['receipt']

/** What there is to say of receipts. */
export interface ReceiptsOptions {
  /** How long to wait for them, in milliseconds. */
  readonly timeout: number
  readonly json?: boolean
}

/** Waits for what becomes of a message, and says it. */
export class Receipts {
  readonly #terminal: Terminal
  readonly #options: ReceiptsOptions
  readonly #early: Receipt[] = []
  #told: (receipt: Receipt) => void = (receipt) => void this.#early.push(receipt)

  constructor(terminal: Terminal, options: ReceiptsOptions) {
    this.#terminal = terminal
    this.#options = options
  }

  /** Listens for receipts: the first may come before the message is confirmed. */
  watch(client: HubClient): void {
    client.watch('receipt', (receipt) => this.#told(receipt))
  }

  /** Waits for the receipt of a message that went to `one` client, or, until the time is over, for those of a group. */
  async of(id: string, { one, signal }: { readonly one: boolean; readonly signal: AbortSignal }): Promise<void> {
    const done = new AbortController()
    let count = 0
    this.#told = (receipt) => {
      if (receipt.id !== id) return
      count++
      this.#show(receipt)
      if (receipt.state === 'failed' || receipt.state === 'expired') process.exitCode = exitCodes.refused
      if (one) done.abort()
    }
    for (const receipt of this.#early) this.#told(receipt)
    if (!done.signal.aborted) await pause(this.#options.timeout, done.signal, signal)
    if (signal.aborted) process.exitCode = exitCodes.interrupted
    else if (count === 0) {
      this.#terminal.note('no receipt has come in this time: the message waits for its recipient')
      process.exitCode = exitCodes.failed
    }
  }

  #show({ id, state, by, at, code }: Receipt): void {
    if (this.#options.json) {
      this.#terminal.print(JSON.stringify({ id, state, by, at, ...(code && { code }) }))
      return
    }
    const reason = code === undefined ? '' : ` (${code})`
    const who = state === 'failed' || state === 'expired' ? 'for' : state === 'delivered' ? 'to' : 'by'
    this.#terminal.print(`${state} ${this.#terminal.style('gray', `${who} ${visible(by)}${reason}`)}`)
  }
}
