import type { BusyMap } from '@posthouse/core'
import type { CallFrame, ErrorFrame } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { CallEntry } from './call-entry.ts'

/** Methods of the hub that begin like this are its own. Spec: 4.8.11. */
export const ownMethods = 'hub.'

/** One end of calls: a client's connection, or the hub itself. */
export interface CallPort {
  /** How others address it. */
  readonly address: string
  /** What it may do now. */
  readonly access: Access
  /** True where it answers calls. */
  readonly answers: boolean
  /** False once its connection is about to end. */
  readonly open: boolean
  /** The calls under way that it has made, by its own ids. */
  readonly made: BusyMap<string, CallEntry>
  /** The calls under way that it is to answer, by the hub's ids. */
  readonly asked: BusyMap<string, CallEntry>
  /** @throws PosthouseError `unrepresentable`, `invalid_body`, `body_too_large`, `slow_consumer` */
  write(frame: CallFrame | ErrorFrame): void
}

/** The right that needs more than to be called. */
export const administer = 'administer'

/** The hub's own end. */
export interface OwnPort extends CallPort {
  /** What a caller of this method must be allowed: to administer, or to call what is returned; nothing where everyone may. */
  permissionFor(method: string): string | undefined
}
