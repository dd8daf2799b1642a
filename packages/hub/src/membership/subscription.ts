import { PosthouseError } from '@posthouse/core'
import { type ErrorFrame, errorFrame } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { ClientRecord, SessionEntry } from '../clients/client-record.ts'

/** What a session keeps of one of its subscriptions, also from one run of the hub to the next. */
export interface KeptSubscription {
  /** Name of the stream: the address that was subscribed to. */
  readonly stream: string
  /** Of a queue: deliveries without an acknowledgement at a time. */
  readonly prefetch?: number
}

/** A session's interest in channels or in a queue. */
interface Subscription extends KeptSubscription {
  /** False where it may not go on with these permissions. */
  permitted(access: Access): boolean
  /** Gives up what belongs to it besides the feed of its stream. */
  end(): void
}

/** The subscriptions of a session, by their streams. */
export type Subscriptions = Map<string, Subscription>

/**
 * Makes sure that a session may have one more.
 * @throws PosthouseError `limit_reached`
 */
export function assertRoom({ subscriptions }: SessionEntry, most: number): void {
  if (subscriptions.size < most) return
  throw new PosthouseError(
    'limit_reached',
    `there are ${most} subscriptions, and no more are allowed (limits.subscriptions)`,
  )
}

/** Ends one subscription of a client, and says whether there was one. */
export function endSubscription(record: ClientRecord, entry: SessionEntry, stream: string): boolean {
  const subscription = entry.subscriptions.get(stream)
  if (subscription === undefined) return false
  entry.subscriptions.delete(stream)
  record.feeds.unfollow(stream)
  subscription.end()
  return true
}

/** A session has ended, and with it all of its subscriptions. */
export function endSubscriptions({ subscriptions }: SessionEntry): void {
  for (const subscription of subscriptions.values()) subscription.end()
  subscriptions.clear()
}

/** Ends the subscriptions that a client may not have any more; returns what it is to be told of that. Spec: 4.7.11. */
export function endForbidden(record: ClientRecord, entry: SessionEntry, access: Access): readonly ErrorFrame[] {
  const frames: ErrorFrame[] = []
  for (const [stream, subscription] of [...entry.subscriptions]) {
    if (subscription.permitted(access)) continue
    endSubscription(record, entry, stream)
    const error = new PosthouseError(
      'forbidden',
      `${JSON.stringify(stream)} is not permitted any more; the subscription has ended`,
    )
    frames.push({ ...errorFrame(error), about: { op: 'subscribe', to: stream } })
  }
  return frames
}
