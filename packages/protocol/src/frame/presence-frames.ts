import type { Dialect } from './frames.ts'

/** One client as `list` and `presence` show it. */
export interface ClientInfo {
  readonly client: string
  readonly online: boolean
  /**
   * Grows with every login of this client, so that of two reports that with the greater one is newer. 0 where it has not
   * logged in since the hub began; absent where the hub's dialect has no word for it.
   */
  readonly generation?: number
  /** When it came online, in Unix milliseconds; absent while it is away. */
  readonly since?: number
  /** When it was last heard of, in Unix milliseconds. */
  readonly lastSeen: number
  readonly node: string
  /** The language that it speaks; absent while it is away. */
  readonly dialect?: Dialect
  /** What it says about itself; absent while it is away, or says nothing. */
  readonly state?: unknown
}

/** What a client wants of presence, and says in it; one of both at least. Spec: 5.1. */
export interface PresenceRequestFrame {
  readonly op: 'presence'
  /** Whether it wants to be told of changes. */
  readonly watch?: boolean
  /** What others are to see of it from now on, as JSON can say it; `null` for nothing. */
  readonly state?: unknown
}

/** Who is there: everyone after the question, then changes. Spec: 5.1. */
export interface PresenceFrame {
  readonly op: 'presence'
  readonly full: boolean
  readonly clients: readonly ClientInfo[]
}

/** Asks who is there, once. Spec: 5.2. */
export interface ListFrame {
  readonly op: 'list'
  readonly id: string
  /** Only those who are online. Default true. */
  readonly online?: boolean
}

/** The answer to `list`, in as many frames as it takes. */
export interface ListedFrame {
  readonly op: 'list'
  readonly id: string
  /** True while more frames of this answer follow. */
  readonly more?: boolean
  readonly clients: readonly ClientInfo[]
}
