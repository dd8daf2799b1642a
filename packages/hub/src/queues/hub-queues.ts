import { type InboxStore, queueInbox } from '@posthouse/core'
import { type PageOptions, pageOf } from '../page.ts'
import type { QueueBook } from './queue-book.ts'
import { priorities, type WorkQueue } from './work-queue.ts'

/** One queue as an administrator sees it. */
export interface QueueInfo {
  readonly queue: string
  /** Messages that are not processed, those that workers have among them … */
  readonly messages: number
  readonly bytes: number
  /** … and how many there are of each priority that has any. */
  readonly priorities: Readonly<Record<string, number>>
  /** Messages that workers have. */
  readonly leased: number
  /** Clients that are subscribed, connected or not. */
  readonly workers: number
  /** When the hub accepted the oldest of them, in Unix milliseconds; absent where there is none. */
  readonly oldest?: number
}

/** A page of the queues. */
export interface QueueList {
  readonly queues: readonly QueueInfo[]
  /** True where there are more behind the last one. */
  readonly more: boolean
}

/** The queues of a hub. */
export class HubQueues {
  readonly #book: QueueBook
  readonly #store: InboxStore

  constructor({ queues, store }: { readonly queues: QueueBook; readonly store: InboxStore }) {
    this.#book = queues
    this.#store = store
  }

  /** A page of the queues, by name. */
  async list(options: PageOptions = {}): Promise<QueueList> {
    const { page, more } = pageOf(this.#book.all(), ({ name }) => name, options)
    return { queues: await Promise.all(page.map((queue) => this.#infoOf(queue))), more }
  }

  async #infoOf({ name, leased, workers }: WorkQueue): Promise<QueueInfo> {
    const counts: Record<string, number> = {}
    let messages = 0
    let bytes = 0
    let oldest = Number.POSITIVE_INFINITY
    for (const priority of priorities) {
      const inbox = queueInbox(name, priority)
      const state = await this.#store.inspect(inbox)
      if (state.messages === 0) continue
      counts[priority] = state.messages
      messages += state.messages
      bytes += state.bytes
      const [first] = await this.#store.read(inbox, 0, 1)
      oldest = Math.min(oldest, first?.envelope.ts ?? oldest)
    }
    const since = Number.isFinite(oldest) ? { oldest } : {}
    return { queue: name, messages, bytes, priorities: counts, leased, workers: workers.size, ...since }
  }
}
