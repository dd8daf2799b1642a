import type { ErrorInfo, FrameBody } from './frames.ts'

/** A call through the hub: from a caller, and on to the callee. Spec: 4.8.1, 4.8.2. */
export interface RequestFrame {
  readonly op: 'request'
  /** Chosen by the caller; towards the callee the hub has one of its own. */
  readonly id: string
  readonly to: string
  /** Stamped by the hub. */
  readonly from?: string
  readonly method: string
  readonly body?: FrameBody | undefined
  /** What is left of the time for the whole answer, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
}

/** An answer, a part of one, or the end of parts. Spec: 4.8.4. */
export interface ResponseFrame {
  readonly op: 'response'
  readonly id: string
  readonly body?: FrameBody | undefined
  readonly error?: ErrorInfo
  /** Number of this part, from 0. */
  readonly part?: number
  /** Behind the last part: `part` is how many there were. */
  readonly end?: boolean
}

/** Gives up a call. Spec: 4.8.7. */
export interface CancelFrame {
  readonly op: 'cancel'
  readonly id: string
}

/** Allows more parts of an answer. Spec: 4.8.6. */
export interface CreditFrame {
  readonly op: 'credit'
  readonly id: string
  readonly parts: number
}

/** The frames of calls, which both ends may send. Spec: 4.8. */
export type CallFrame = RequestFrame | ResponseFrame | CancelFrame | CreditFrame
