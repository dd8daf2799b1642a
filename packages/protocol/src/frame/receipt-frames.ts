import type { ErrorCode } from '@posthouse/core'

/** What became of a message at one of its recipients. */
export type ReceiptState = 'delivered' | 'read' | 'expired' | 'failed'

/** Tells the sender of a message what became of it at its recipient. Spec: 4.6. */
export interface ReceiptFrame {
  readonly op: 'receipt'
  /** Its position in the sender's inbox, which it is acknowledged by. */
  readonly seq?: number
  /** Of the message. */
  readonly id: string
  readonly state: ReceiptState
  /** Address of the recipient. */
  readonly by: string
  /** When it happened, in Unix milliseconds. */
  readonly at: number
  /** Why a message has `failed`. */
  readonly code?: ErrorCode
}

/** The recipient of a message has read it. Spec: 4.6.5. */
export interface ReadFrame {
  readonly op: 'receipt'
  /** Of the message. */
  readonly id: string
  /** Its sender. */
  readonly from: string
  readonly state: 'read'
}
