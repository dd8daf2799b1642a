import { clientAddress } from '@posthouse/core'
import type { Dialect, HubFrame, HubSession } from '@posthouse/protocol'
import type { Access } from '../access/access.ts'
import type { GivenBack } from '../delivery/given-back.ts'
import type { NotedDeliveries } from '../delivery/noted-deliveries.ts'
import type { Unread } from '../delivery/unread.ts'
import type { QuestionRate } from '../limits/question-rate.ts'
import type { Subscriptions } from '../membership/subscription.ts'
import type { LastWill } from '../peers/last-will.ts'
import type { Link } from '../peers/link.ts'
import type { ResumeTokens } from '../peers/resume-tokens.ts'
import type { Encoded } from '../routing/encoded.ts'
import type { Feeds } from '../routing/feeds.ts'
import type { ClientState } from './client-state.ts'

/** A v1 client's conversation, with what is needed to find it again. */
export interface SessionEntry {
  readonly session: HubSession
  /** Whose numbering `n` belongs to. */
  readonly producer: string
  /** Name of the principal that it belongs to; nothing where nobody was asked. */
  readonly principal: string | undefined
  /** Its client is forgotten when it ends. */
  readonly transient: boolean
  readonly tokens: ResumeTokens
  /** Where messages to everyone begin that the session before it has left; nothing where there was none. */
  readonly everyoneFrom: number | undefined
  /** What it takes from channels and queues. */
  readonly subscriptions: Subscriptions
  /** Of a session that an earlier run has left: up to where that may have sent, until its client is back; otherwise 0. */
  sentBefore: number
  /** What is sent in its client's name when it ends without a good-bye. */
  will: LastWill | undefined
  /** The will as it was last handed to the store; nothing where the store has none. */
  keptWill: LastWill | undefined
  /** Until when it can be resumed once its connection is lost, on the hub's monotonic clock. */
  expiresAt: number
  /** What carries it now; nothing while its connection is lost. */
  carrier: SessionCarrier | undefined
  /** What its client says about itself in presence. */
  state: ClientState | undefined
  /** How often its client asks who is there; nothing before the first time. */
  questions: QuestionRate | undefined
}

/** A connection that carries a session. */
export interface SessionCarrier {
  readonly dialect: 'json' | 'msgpack'
  readonly access: Access
  /** False while the client reads too slowly for what it can do without. */
  readonly writable: boolean
  write(frames: readonly HubFrame[]): void
  /** Writes a frame that was encoded for this dialect. */
  writeEncoded(frame: Encoded): void
  /** Writes what may be more than the client can be sent at once, as fast as it reads. */
  stream(frames: Iterable<HubFrame>): void
}

const nothing = { received: 0, delivered: 0 }

/** All that the hub knows about one client id. */
export class ClientRecord {
  readonly id: string
  /** How other clients address it. */
  readonly address: string
  readonly feeds: Feeds
  #lastSeen: number
  /** When it came online last, in Unix milliseconds. */
  loginAt: number
  /** Grows with every login, also from one run of the hub to the next; 0 before the first. */
  generation = 0
  link: Link | undefined
  /** What it spoke last; nothing before its first login in this life of the hub. */
  dialect: Dialect | undefined
  /** The store keeps that it is known. */
  kept = false
  /** Number of the login that `link` comes from, where clients are asked who they are. */
  turn = 0
  session: SessionEntry | undefined
  /** False for a cross_comm peer that has been silent too long; its link stays. */
  present = false
  /** Messages that came from it. */
  received = 0
  /** Messages that went to it. */
  delivered = 0
  /** How much of both the statistics have counted. */
  counted: { readonly received: number; readonly delivered: number } = nothing
  /** What it was delivered with a wish for receipts, or not for the first time; nothing before the first such. */
  noted: NotedDeliveries | undefined
  /** What it has given back; nothing before the first such. */
  givenBack: GivenBack | undefined
  /** What it may still say to have read; nothing before the first such. */
  unread: Unread | undefined
  /** Confirmations that wait for this client's inbox to drain. */
  held: Set<() => void> | undefined

  constructor(id: string, lastSeen: number, feeds: Feeds) {
    this.id = id
    this.address = clientAddress(id)
    this.#lastSeen = lastSeen
    this.loginAt = lastSeen
    this.feeds = feeds
  }

  /** When it was last heard of, in Unix milliseconds. */
  get lastSeen(): number {
    return this.link?.lastSeen ?? this.#lastSeen
  }

  set lastSeen(ms: number) {
    this.#lastSeen = ms
  }

  /** Connected, and heard of lately. */
  get online(): boolean {
    return this.link !== undefined && this.present
  }

  /** Takes part in messages to everyone: connected, or able to resume. */
  get living(): boolean {
    return this.link !== undefined || this.session !== undefined
  }

  /** Lets the confirmations go that wait for this inbox. */
  release(): void {
    if (this.held !== undefined) for (const go of [...this.held]) go()
  }
}
