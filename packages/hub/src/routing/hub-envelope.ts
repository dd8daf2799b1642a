import { type Clock, createId, type Envelope, knownAddress } from '@posthouse/core'
import { type DraftOptions, drafter, type Limits } from '@posthouse/protocol'
import { encodeBody } from '@posthouse/protocol/bodies'
import { assertBodyFits } from '../limits/body-limit.ts'

/** What the hub's own message says. */
export interface HubMessage {
  readonly to: string
  readonly body: unknown
  readonly options: DraftOptions
}

/**
 * The envelope of a message of the hub's own.
 * @throws PosthouseError `invalid_address`, `invalid_option`, `invalid_body`, `unrepresentable`, `too_deep`, `body_too_large`
 */
export function hubEnvelope(
  { to, body, options }: HubMessage,
  { clock, limits }: { readonly clock: Clock; readonly limits: Pick<Limits, 'bodyBytes'> },
): Envelope {
  const { value, ttlMs, headers, replyTo, id = createId(), ...draft } = drafter('exact')(to, body, options)
  const ts = clock.now()
  const encoded = encodeBody(value)
  assertBodyFits(encoded, limits)
  return {
    ...draft,
    id,
    to: knownAddress(to),
    from: 'hub',
    body: encoded,
    ts,
    ...(ttlMs !== undefined && { expiresAt: ts + ttlMs }),
    ...(headers && { headers }),
    ...(replyTo !== undefined && { replyTo: knownAddress(replyTo) }),
  }
}
