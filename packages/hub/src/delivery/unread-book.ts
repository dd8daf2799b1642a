import type { Clock, Envelope, InboxStore, RecordEntry } from '@posthouse/core'
import type { ReadFrame } from '@posthouse/protocol'
import type { ClientRecord } from '../clients/client-record.ts'
import type { Batcher } from '../routing/batcher.ts'
import { Unread } from './unread.ts'

/** Kind of the records of messages that were acknowledged and may still be said to have been read. */
const kind = 'unread'
/** Such records in all, and how long each is kept. */
const mostKept = 100_000
const keptMs = 30 * 86_400_000

/** What an unread book needs. */
export interface UnreadBookOptions {
  readonly store: InboxStore
  readonly batcher: Batcher
  readonly clock: Clock
}

/** Which messages may be said to have been read, also by the next hub with the same store. Spec: 4.6.5. */
export class UnreadBook {
  readonly #options: UnreadBookOptions

  constructor(options: UnreadBookOptions) {
    this.#options = options
  }

  /** Gives up what is too old or too much. */
  async start(): Promise<void> {
    const oldest = this.#options.clock.now() - keptMs
    const entries = [...(await this.#options.store.records(kind))].sort((a, b) => timeOf(b) - timeOf(a))
    for (const [index, entry] of entries.entries()) {
      if (index >= mostKept || timeOf(entry) < oldest) this.#remove(entry.key)
    }
  }

  /** A message with a wish for receipts was delivered to a client. */
  delivered(record: ClientRecord, { from, id }: Envelope): void {
    record.unread ??= new Unread()
    const given = record.unread.add(keyOf(record.id, from, id))
    if (given !== undefined) this.#remove(given)
  }

  /** It was acknowledged, and does not come again. */
  acknowledged({ unread, id: client }: ClientRecord, { from, id }: Envelope): void {
    const key = keyOf(client, from, id)
    if (unread?.has(key)) this.#options.batcher.record({ kind, key, value: this.#options.clock.now() })
  }

  /** The client is forgotten: its messages are nobody's any more. */
  forgot({ unread }: ClientRecord): void {
    for (const key of unread?.keys() ?? []) this.#remove(key)
  }

  /** True for a message that may be said to have been read; from now on it counts as such. */
  async take(record: ClientRecord, { from, id }: ReadFrame): Promise<boolean> {
    const key = keyOf(record.id, from, id)
    record.unread ??= new Unread()
    const { unread } = record
    let found = unread.take(key)
    if (found === undefined) {
      // Who says so twice is heard once, however long the store takes.
      unread.add(key)
      unread.take(key)
      found = await this.#isKept(key)
      if (!found) unread.drop(key)
    }
    if (found) this.#remove(key)
    return found
  }

  async #isKept(key: string): Promise<boolean> {
    // One that is removed just now must not be found.
    await this.#options.batcher.committed()
    const [first] = await this.#options.store.records(kind, key)
    return first?.key === key
  }

  #remove(key: string): void {
    this.#options.batcher.record({ kind, key, value: undefined })
  }
}

/** Ids of clients and addresses have no line breaks. */
function keyOf(client: string, from: string, id: string): string {
  return `${client}\n${from}\n${id}`
}

function timeOf({ value }: RecordEntry): number {
  return typeof value === 'number' ? value : 0
}
