import { PosthouseError } from '@posthouse/core'
import { type DraftOptions, type SendFrame, sendConflict, type WhenOffline } from '@posthouse/protocol'
import { retentionOf } from '../channels/retention.ts'
import type { HubParts } from '../hub-parts.ts'
import { hubEnvelope } from '../routing/hub-envelope.ts'
import type { SettleListener } from '../routing/router.ts'
import { isDropped } from './when-offline.ts'

/** How the hub sends a message of its own. */
export interface HubSendOptions extends DraftOptions {
  /** Whether handlers added with `onReceipt` are told what becomes of it; to a client or a group. Default false. */
  readonly receipts?: boolean
  /**
   * What becomes of a message to a client that is not connected: it is kept, refused with `offline`, or dropped. Default
   * `store`, with qos 0 `error`.
   */
  readonly whenOffline?: WhenOffline
  /** When it is sent on, as a date or in Unix milliseconds; at most a year ahead. Default: now. */
  readonly deliverAt?: Date | number
  /**
   * Whether a channel keeps it for those who subscribe later, until another one takes its place; an empty body takes away what
   * is kept. Default false.
   */
  readonly retain?: boolean
  /** In a queue, 0 to 9: the highest comes first. Default 4. */
  readonly priority?: number
}

/** What has become of a message of the hub's own: it is kept, dropped because its recipient is away, or was handed on. */
export interface HubSent {
  readonly id: string
  readonly state: 'stored' | 'dropped' | 'sent'
}

type Wishes = Pick<SendFrame, 'receipts' | 'whenOffline' | 'deliverAt' | 'priority' | 'retain'>

/**
 * Sends a message of the hub's own.
 * @throws PosthouseError what `Hub.send` documents
 */
export async function sendOwn(to: string, body: unknown, options: HubSendOptions, parts: HubParts): Promise<HubSent> {
  const wishes = wishesOf(options)
  const plain = hubEnvelope({ to, body, options }, parts)
  const { id, qos, ts } = plain
  const frame: SendFrame = { op: 'send', ...plain, ...wishes }
  const conflict = sendConflict(frame)
  if (conflict !== undefined) throw new PosthouseError('invalid_option', conflict.message)
  const { receipts, priority, deliverAt = ts } = wishes
  const waitMs = Math.max(0, deliverAt - ts)
  const envelope = {
    ...plain,
    ...(receipts && { receipts }),
    ...(priority !== undefined && { priority }),
    ...(plain.expiresAt !== undefined && { expiresAt: plain.expiresAt + waitMs }),
  }
  const dropped = isDropped(frame, parts.registry)
  if (qos === 0) {
    if (!dropped) parts.router.live(envelope)
    return { id, state: dropped ? 'dropped' : 'sent' }
  }
  const { router, delivery } = parts
  await settled((settle) => {
    if (dropped) router.drop({ envelope }, settle)
    else
      delivery.accept(
        wishes.retain ? { envelope, retain: retentionOf(envelope) } : { envelope },
        wishes.deliverAt,
        settle,
      )
  })
  return { id, state: dropped ? 'dropped' : 'stored' }
}

async function settled(send: (settle: SettleListener) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    send((outcome) => (outcome.state === 'refused' ? reject(outcome.error) : resolve()))
  })
}

function wishesOf({ receipts, whenOffline, deliverAt, priority, retain }: HubSendOptions): Wishes {
  const at = deliverAt === undefined ? undefined : Number(deliverAt)
  if (at !== undefined && !Number.isFinite(at)) throw invalid('deliverAt must be a date or a time in milliseconds')
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 9)) {
    throw invalid('priority must be a whole number from 0 to 9')
  }
  if (whenOffline !== undefined && !['store', 'error', 'drop'].includes(whenOffline)) {
    throw invalid('whenOffline must be store, error or drop')
  }
  return {
    ...(receipts === true && { receipts }),
    ...(retain === true && { retain }),
    ...(whenOffline !== undefined && { whenOffline }),
    ...(at !== undefined && { deliverAt: at }),
    ...(priority !== undefined && { priority }),
  }
}

function invalid(what: string): PosthouseError {
  return new PosthouseError('invalid_option', what)
}
