import { assertPlainName, type MessageType, PosthouseError, type Qos } from '@posthouse/core'
import { type BodyForm, inferType, toBodyValue } from './body-value.ts'
import { headers as fitsHeaders, id as fitsId, messageType, misfit, oneOf, optional, positive } from './fits.ts'

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
  /** As it was given: the hub reads it. */
  readonly to: string
  readonly type: MessageType
  /** The body as plain data. */
  readonly value: unknown
  readonly qos: Qos
  readonly ttlMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly replyTo?: string | undefined
}

const fields = {
  type: optional(messageType),
  qos: optional(oneOf(0, 1)),
  id: optional(fitsId),
  ttlMs: optional(positive),
  headers: optional(fitsHeaders),
}

/** Checks a message and makes plain data of its body. */
export type Drafter = (to: string, body: unknown, options: DraftOptions) => Draft

/**
 * Makes drafts with bodies of one form.
 * @throws PosthouseError (the drafter) `invalid_address`, `invalid_option`, `invalid_body`, `unrepresentable`, `too_deep`
 */
export function drafter(form: BodyForm): Drafter {
  // Most messages go where the last one went.
  let lastTo: string | undefined
  return (to, body, options) => {
    const wrong = misfit(options, fields)
    if (wrong !== undefined) throw unfit(wrong, options[wrong])
    const { type = inferType(body), qos = 1, id, ttlMs, headers, replyTo } = options
    if (to !== lastTo) lastTo = assertPlainName(to)
    return {
      id,
      to,
      type,
      value: toBodyValue(type, body, form),
      qos,
      ttlMs,
      headers: headers && { ...headers },
      replyTo: replyTo === undefined ? undefined : assertPlainName(replyTo),
    }
  }
}

function unfit(name: string, value: unknown): PosthouseError {
  const shown = typeof value === 'object' ? 'that' : String(value).slice(0, 100)
  return new PosthouseError('invalid_option', `${name} of a message cannot be ${shown}`)
}
