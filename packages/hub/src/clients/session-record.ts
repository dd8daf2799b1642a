import type { RecordChange } from '@posthouse/core'
import type { Dialect } from '@posthouse/protocol'
import type { KeptSubscription } from '../membership/subscription.ts'
import type { SessionEntry } from './client-record.ts'

/** The kind of the records that keep sessions, by client id. */
export const sessionRecords = 'session'
/** The kind of the records that keep who is known, by client id. */
export const clientRecords = 'client'

/** What is remembered of a session. */
export interface KeptSession {
  readonly id: string
  readonly producer: string
  readonly principal?: string
  readonly transient?: true
  /** Hashes of the tokens that resume it. */
  readonly tokens: readonly string[]
  /** What it takes from channels and queues. */
  readonly subscriptions?: readonly KeptSubscription[]
  /** True where its client wants to know who is there. */
  readonly watch?: true
  /** What its client says about itself, as JSON text. */
  readonly state?: string
  /** When it ends, in Unix milliseconds; absent while it has a connection. */
  readonly expiresAt?: number
}

/** What of a session its entry does not say. */
export interface SessionFacts {
  readonly watch: boolean
  readonly expiresAt: number | undefined
}

/** Remembers a session. */
export function sessionRecord(client: string, entry: SessionEntry, { watch, expiresAt }: SessionFacts): RecordChange {
  const { session, producer, principal, transient, tokens, subscriptions, state } = entry
  const value: KeptSession = {
    id: session.id,
    producer,
    ...(principal !== undefined && { principal }),
    ...(transient && { transient }),
    tokens: tokens.kept,
    ...(subscriptions.size > 0 && { subscriptions: [...subscriptions.values()].map(keptOf) }),
    ...(watch && { watch }),
    ...(state !== undefined && { state: state.json }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
  return { kind: sessionRecords, key: client, value }
}

/** What a record says of a session; nothing where it is none of ours. */
export function readSession(value: unknown): KeptSession | undefined {
  if (!isObject(value)) return undefined
  const { id, producer, principal, tokens, transient, subscriptions, watch, state, expiresAt } = value
  if (typeof id !== 'string' || typeof producer !== 'string' || !Array.isArray(tokens)) return undefined
  return {
    id,
    producer,
    ...(typeof principal === 'string' && { principal }),
    ...(transient === true && { transient }),
    tokens: tokens.filter((token): token is string => typeof token === 'string'),
    ...(Array.isArray(subscriptions) && { subscriptions: subscriptions.filter(isSubscription) }),
    ...(watch === true && { watch }),
    ...(typeof state === 'string' && { state }),
    ...(typeof expiresAt === 'number' && { expiresAt }),
  }
}

/** Remembers a client. Of what it spoke only cross_comm says what it will speak. */
export function clientRecord(client: string, lastSeen: number, dialect: Dialect | undefined): RecordChange {
  return { kind: clientRecords, key: client, value: { lastSeen, ...(dialect === 'cross_comm' && { dialect }) } }
}

/** What a client spoke last, as a record says. */
export function readDialect(value: unknown): Dialect | undefined {
  return isObject(value) && value.dialect === 'cross_comm' ? value.dialect : undefined
}

/** When a client was last heard of, as a record says; nothing where it is none of ours. */
export function readLastSeen(value: unknown): number | undefined {
  return isObject(value) && typeof value.lastSeen === 'number' ? value.lastSeen : undefined
}

function keptOf({ stream, prefetch }: KeptSubscription): KeptSubscription {
  return { stream, ...(prefetch !== undefined && { prefetch }) }
}

function isSubscription(value: unknown): value is KeptSubscription {
  if (!isObject(value) || typeof value.stream !== 'string') return false
  return value.prefetch === undefined || typeof value.prefetch === 'number'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
