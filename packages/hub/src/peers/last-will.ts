import { type Body, canonicalAddress, createId, type Envelope, type MessageType, PosthouseError } from '@posthouse/core'
import { bodyMisfit, sendConflict, type WillFields } from '@posthouse/protocol'
import { encodeBody } from '@posthouse/protocol/bodies'
import type { Access } from '../access/access.ts'
import type { ClientRecord } from '../clients/client-record.ts'
import type { HubParts } from '../hub-parts.ts'
import { assertBodyFits } from '../limits/body-limit.ts'

/** The message that the hub sends in a client's name when its session ends without a good-bye. Spec: 3.6. */
export interface LastWill {
  readonly to: string
  readonly type: MessageType
  /** As JSON text. */
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  readonly live: boolean
  readonly ttlMs?: number
  /** False where the client may not send it any more. */
  permitted: boolean
}

/**
 * Reads the will of a hello.
 * @throws PosthouseError `malformed_frame`, `forbidden`: without it there is nothing to be welcomed for
 */
export function readWill(will: WillFields, access: Access, limits: HubParts['limits']): LastWill {
  const { type, headers, qos = 1, ttlMs } = will
  try {
    const body = encodeBody(will.body)
    assertBodyFits(body, limits)
    const conflict = sendConflict({ op: 'send', id: 'will', to: will.to, type, body, qos })
    if (conflict !== undefined) throw conflict
    const misfit = bodyMisfit(type, body)
    if (misfit !== undefined) throw new PosthouseError('invalid_body', misfit)
    const to = canonicalAddress(will.to)
    access.assertMay('send', to)
    return {
      to,
      type,
      body: new TextDecoder().decode(body.bytes),
      ...(headers && { headers }),
      live: qos === 0,
      ...(ttlMs !== undefined && { ttlMs }),
      permitted: true,
    }
  } catch (cause) {
    if (!(cause instanceof PosthouseError) || cause.code === 'forbidden') throw cause
    throw new PosthouseError('malformed_frame', `hello: will: ${cause.message}`, { cause })
  }
}

/** Sends what a session leaves behind. */
export function sendWill(
  record: ClientRecord,
  will: LastWill,
  { router, clock, logger }: Pick<HubParts, 'router' | 'clock' | 'logger'>,
): void {
  const { to } = will
  const failed = ({ code, message: reason }: PosthouseError): void => {
    logger.warn('the last will of a client could not be sent', { client: record.id, to, code, reason })
  }
  if (!will.permitted) {
    failed(new PosthouseError('forbidden', 'it has lost the permission'))
    return
  }
  const envelope = envelopeOf(record, will, clock.now())
  try {
    if (will.live) router.live(envelope)
    else router.store({ envelope }, (outcome) => outcome.state === 'refused' && failed(outcome.error))
  } catch (error) {
    if (!(error instanceof PosthouseError)) throw error
    failed(error)
  }
}

function envelopeOf(
  { address }: ClientRecord,
  { to, type, headers, live, ttlMs, ...will }: LastWill,
  ts: number,
): Envelope {
  const body: Body = { format: 'json', bytes: new TextEncoder().encode(will.body) }
  return {
    id: createId(ts),
    from: address,
    to,
    type,
    body,
    qos: live ? 0 : 1,
    ts,
    ...(headers && { headers }),
    ...(ttlMs !== undefined && { expiresAt: ts + ttlMs }),
  }
}
