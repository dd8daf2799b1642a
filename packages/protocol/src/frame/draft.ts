import { canonicalAddress, isMessageType, type MessageType, PosthouseError, type Qos } from '@posthouse/core'
import { inferType, toBodyValue } from './body-value.ts'

/** What a program may say about a message that it sends. */
export interface DraftOptions {
  /** Default: text for a string, bytes for bytes, otherwise dict. */
  readonly type?: MessageType
  /** 1: kept until the hub has it, delivered also to those who are away. 0: live only. Default 1. */
  readonly qos?: Qos
  /** 1 to 256 characters. Default: a new one. */
  readonly id?: string
  /** For how long the message is of use, in milliseconds from when the hub has it. Default: for ever. */
  readonly ttlMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Address where an answer should go. Default: the sender. */
  readonly replyTo?: string
}

/** A checked message that has not been encoded yet. */
export interface Draft {
  readonly id?: string | undefined
  /** Canonical address. */
  readonly to: string
  readonly type: MessageType
  /** The body as plain data. */
  readonly value: unknown
  readonly qos: Qos
  readonly ttlMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly replyTo?: string | undefined
}

/**
 * Checks a message and makes plain data of its body.
 * @throws PosthouseError `invalid_address`, `invalid_option`, `invalid_body`, `unrepresentable`, `too_deep`
 */
export function draftMessage(to: string, body: unknown, options: DraftOptions): Draft {
  const { type = inferType(body), qos = 1, id, ttlMs, headers, replyTo } = options
  if (!isMessageType(type)) throw invalid(`type ${JSON.stringify(type)} is no message type`)
  if (qos !== 0 && qos !== 1) throw invalid(`qos must be 0 or 1, not ${String(qos)}`)
  if (id !== undefined && !(id.length > 0 && id.length <= 256 && id.isWellFormed())) {
    throw invalid('id must have 1 to 256 characters, without half surrogate pairs')
  }
  if (ttlMs !== undefined && !(Number.isSafeInteger(ttlMs) && ttlMs > 0)) {
    throw invalid(`ttlMs must be a whole number above 0, not ${ttlMs}`)
  }
  return {
    id,
    to: canonicalAddress(to),
    type,
    value: toBodyValue(type, body),
    qos,
    ttlMs,
    headers: headers && checked(headers),
    replyTo: replyTo === undefined ? undefined : canonicalAddress(replyTo),
  }
}

/** The checks that every receiver makes of headers; it would not take the frame. */
function checked(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers)
  if (entries.length > 64) throw invalid(`there are ${entries.length} headers; at most 64 are allowed`)
  for (const [name, value] of entries) {
    if (typeof value === 'string' && value.length <= 4096 && value.isWellFormed() && name.isWellFormed()) continue
    throw invalid(`header ${JSON.stringify(name.slice(0, 100))} must be a string of at most 4096 characters`)
  }
  return { ...headers }
}

function invalid(problem: string): PosthouseError {
  return new PosthouseError('invalid_option', problem)
}
