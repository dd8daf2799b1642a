import type { Draft, SendFrame } from '@posthouse/protocol'
import type { SendOptions } from '../send-options.ts'

/** A `send` frame. `n` is absent for live messages. */
export function sendFrame(
  message: Draft,
  options: SendOptions,
  { id, n }: { readonly id: string; readonly n: number | undefined },
): SendFrame {
  const { to, type, value, qos } = message
  // Encoders leave out what is undefined.
  return {
    op: 'send',
    id,
    to,
    type,
    qos: qos === 0 ? qos : undefined,
    n,
    ...rarely(message, options),
    body: { format: 'value', value },
  } as SendFrame
}

/** What few messages have, for the hub to look at. A frame without it is written in two thirds of the time. */
function rarely({ ttlMs, headers, replyTo }: Draft, options: SendOptions): object | undefined {
  const { receipts, whenOffline, deliverAt, priority, retain } = options
  if ((ttlMs ?? headers ?? replyTo ?? receipts ?? whenOffline ?? deliverAt ?? priority ?? retain) === undefined) return
  return { ttlMs, headers, replyTo, receipts, whenOffline, deliverAt: deliverAt && Number(deliverAt), priority, retain }
}
