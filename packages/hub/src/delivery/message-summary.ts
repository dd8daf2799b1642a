import {
  type Envelope,
  envelopeBytes,
  isClientId,
  PosthouseError,
  type ShelfEntry,
  type StoredEnvelope,
} from '@posthouse/core'
import { bodyToValue } from '@posthouse/protocol/bodies'

/** A stored message without its content. */
export interface MessageSummary {
  readonly seq: number
  readonly id: string
  readonly from: string
  readonly to: string
  readonly type: string
  /** When the hub accepted it, in Unix milliseconds. */
  readonly ts: number
  readonly expiresAt?: number
  readonly attempt: number
  /** What it counts for in an inbox. */
  readonly bytes: number
}

/** A dead letter without its content. */
export interface DeadLetterSummary extends MessageSummary {
  /** When it came to the dead letters, in Unix milliseconds. */
  readonly at: number
  /** The code of the error that it died of. */
  readonly reason: string
  /** Whose inbox it was meant for, where it was for one. */
  readonly client?: string
}

/** The content of a stored message. */
export interface MessageContent {
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly replyTo?: string
  readonly sec?: unknown
}

export function summaryOf({ seq, envelope, attempt = 1 }: StoredEnvelope): MessageSummary {
  const { id, from, to, type, ts, expiresAt } = envelope
  const bytes = envelopeBytes(envelope)
  return { seq, id, from, to, type, ts, ...(expiresAt !== undefined && { expiresAt }), attempt, bytes }
}

export function deadLetterOf(entry: ShelfEntry): DeadLetterSummary {
  const { at, dead = 'internal', inbox } = entry
  return { ...summaryOf(entry), at, reason: dead, ...(inbox !== undefined && isClientId(inbox) && { client: inbox }) }
}

/** @throws PosthouseError `unrepresentable`, `invalid_body` */
export function contentOf(envelope: Envelope): MessageContent {
  const { headers, replyTo, sec } = envelope
  return {
    body: bodyToValue(envelope),
    ...(headers && { headers }),
    ...(replyTo !== undefined && { replyTo }),
    ...(sec !== undefined && { sec }),
  }
}

/** Messages in one page. */
const mostListed = 256

/** @throws PosthouseError `invalid_option` */
export function assertPage({ after = 0, limit = 1 }: { readonly after?: number; readonly limit?: number }): void {
  if (Number.isSafeInteger(after) && after >= 0 && Number.isSafeInteger(limit) && limit > 0 && limit <= mostListed)
    return
  throw new PosthouseError(
    'invalid_option',
    `after must be a position, and limit a whole number from 1 to ${mostListed}`,
  )
}
