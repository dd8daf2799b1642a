import type { Position } from '@posthouse/core'
import type { Gap } from './frames.ts'

/** What a member may do with its group: an owner adds and removes others. */
export type GroupRole = 'owner' | 'member'

/** Makes somebody a member of a group. Spec: 4.7.1. */
export interface JoinFrame {
  readonly op: 'join'
  readonly id: string
  readonly to: string
  /** Who is to be a member. Default: the asker. */
  readonly client?: string
  /** Default `member`, and `owner` for who is the first. */
  readonly role?: GroupRole
}

/** The answer to `join`. */
export interface JoinedFrame {
  readonly op: 'join'
  readonly id: string
  readonly to: string
  /** How many there are now. */
  readonly members: number
  /** That of who was to be a member. */
  readonly role: GroupRole
}

/** Ends somebody's membership of a group, and answers that. Spec: 4.7.1. */
export interface LeaveFrame {
  readonly op: 'leave'
  readonly id: string
  readonly to: string
  /** Who is to be a member no longer. Default: the asker. */
  readonly client?: string
}

/** Asks for the messages of channels, or for work of a queue. Spec: 4.7.5. */
export interface SubscribeFrame {
  readonly op: 'subscribe'
  readonly id: string
  /** `channel:<pattern>` or `queue:<name>`. */
  readonly to: string
  /** Of channels: from behind this position on. Default: what comes from now on. */
  readonly after?: Position | 'start'
  /** Of channels: the newest so many first. */
  readonly last?: number
  /** Of channels: whether their retained values come first. Default true. */
  readonly retained?: boolean
  /** Of a queue: deliveries without an acknowledgement at a time. Default 1. */
  readonly prefetch?: number
}

/** The answer to `subscribe`. */
export interface SubscribedFrame {
  readonly op: 'subscribe'
  readonly id: string
  readonly to: string
  /** Where deliveries of the stream begin. Absent for a queue. */
  readonly position?: Position
  /** What was asked for and is not there any more. */
  readonly gaps?: readonly Gap[]
}

/** Ends a subscription, and answers that. Spec: 4.7.5. */
export interface UnsubscribeFrame {
  readonly op: 'unsubscribe'
  readonly id: string
  readonly to: string
}

/** What a client says of groups, channels and queues. Spec: 4.7. */
export type MembershipFrame = JoinFrame | LeaveFrame | SubscribeFrame | UnsubscribeFrame

/** What a hub answers to these. */
export type MembershipAnswer = JoinedFrame | LeaveFrame | SubscribedFrame | UnsubscribeFrame
