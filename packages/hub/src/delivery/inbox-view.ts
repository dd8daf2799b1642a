import { type InboxStore, PosthouseError } from '@posthouse/core'
import type { Registry } from '../clients/registry.ts'
import { assertPage, contentOf, type MessageContent, type MessageSummary, summaryOf } from './message-summary.ts'

const usualListed = 100

/** Which part of an inbox is wanted. */
export interface InboxQuery {
  readonly client: string
  /** Only what lies behind this position. Default 0. */
  readonly after?: number
  /** 1 to 256. Default 100. */
  readonly limit?: number
  /** With the content of the messages. Default false. */
  readonly bodies?: boolean
}

/** What waits for a client. */
export interface InboxView {
  readonly client: string
  readonly messages: number
  readonly bytes: number
  /** When the hub accepted the oldest, in Unix milliseconds; absent where there is none. */
  readonly oldest?: number
  /** Oldest first. */
  readonly entries: readonly (MessageSummary & Partial<MessageContent>)[]
}

/**
 * What waits for a client.
 * @throws PosthouseError `unknown_recipient`, `unrepresentable`, `invalid_body`
 */
export async function viewInbox(
  { store, registry }: { readonly store: InboxStore; readonly registry: Pick<Registry, 'get'> },
  { client, after = 0, limit = usualListed, bodies = false }: InboxQuery,
): Promise<InboxView> {
  assertPage({ after, limit })
  if (registry.get(client) === undefined) {
    throw new PosthouseError('unknown_recipient', `no client ${JSON.stringify(client)} has ever connected here`)
  }
  const [{ messages, bytes }, [first], page] = await Promise.all([
    store.inspect(client),
    store.read(client, 0, 1),
    store.read(client, after, limit),
  ])
  const entries = page.map((entry) => ({ ...summaryOf(entry), ...(bodies && contentOf(entry.envelope)) }))
  return { client, messages, bytes, ...(first && { oldest: first.envelope.ts }), entries }
}
