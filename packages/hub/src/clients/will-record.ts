import { isMessageType, type RecordChange } from '@posthouse/core'
import type { LastWill } from '../peers/last-will.ts'
import type { SessionEntry } from './client-record.ts'

/** The kind of the records that keep last wills, by client id: they may be large, and change more rarely than sessions. */
export const willRecords = 'will'

/** A will, and the session whose end it is for. */
export interface KeptWill {
  readonly session: string
  readonly will: LastWill
}

/** Remembers a session's will, or that it has none. */
export function willRecord(client: string, { session: { id: session }, will }: SessionEntry): RecordChange {
  const value: KeptWill | undefined = will && { session, will }
  return { kind: willRecords, key: client, value }
}

/** What a record says of a will; nothing where it is none of ours. */
export function readKeptWill(value: unknown): KeptWill | undefined {
  if (!isObject(value)) return undefined
  const { session, will } = value
  return typeof session === 'string' && isWill(will) ? { session, will } : undefined
}

function isWill(value: unknown): value is LastWill {
  if (!isObject(value) || typeof value.type !== 'string' || !isMessageType(value.type)) return false
  const { to, body, live, permitted } = value
  return (
    typeof to === 'string' && typeof body === 'string' && typeof live === 'boolean' && typeof permitted === 'boolean'
  )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
