import { createId, type Envelope, type ErrorCode } from '@posthouse/core'
import type { ReceiptFrame, ReceiptState } from '@posthouse/protocol'
import { bodyToValue, encodeBody } from '@posthouse/protocol/bodies'

/** The type under which receipts lie in inboxes. Nobody can send it. Spec: 8.3.1. */
const receiptType = 'x-posthouse.receipt'

/** What became of a message at one of its recipients. */
export interface ReceiptFacts {
  readonly state: ReceiptState
  /** Address of the recipient. */
  readonly by: string
  /** In Unix milliseconds. */
  readonly at: number
  readonly code?: ErrorCode
}

/** The envelope that tells the sender of `about` what became of it. */
export function receiptEnvelope(about: Pick<Envelope, 'id' | 'from'>, facts: ReceiptFacts): Envelope {
  return {
    id: createId(facts.at),
    from: 'hub',
    to: about.from,
    type: receiptType,
    body: encodeBody({ id: about.id, ...facts }),
    qos: 1,
    ts: facts.at,
  }
}

/** True for what is written as a receipt and not as a delivery. */
export function isReceipt(envelope: Envelope): boolean {
  return envelope.type === receiptType
}

/** The frame of a receipt at its position. */
export function receiptFrame(envelope: Envelope, seq: number | undefined): ReceiptFrame {
  // The hub has made it.
  const facts = bodyToValue(envelope) as Omit<ReceiptFrame, 'op' | 'seq'>
  return { op: 'receipt', ...(seq !== undefined && { seq }), ...facts }
}
