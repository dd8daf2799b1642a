import { cursorName, isClientId, isPosthouseError, type RecordEntry } from '@posthouse/core'
import { HubSession } from '@posthouse/protocol'
import type { HubParts } from '../hub-parts.ts'
import type { LastWill } from '../peers/last-will.ts'
import { ResumeTokens } from '../peers/resume-tokens.ts'
import { everyoneStream } from '../routing/everyone.ts'
import type { SessionEntry } from './client-record.ts'
import { readState } from './client-state.ts'
import {
  clientRecords,
  type KeptSession,
  readDialect,
  readLastSeen,
  readSession,
  sessionRecords,
} from './session-record.ts'
import { type KeptWill, readKeptWill, willRecords } from './will-record.ts'

/** Goes on with the clients and sessions that an earlier run of the hub has left in the store. */
export async function restoreSessions(parts: HubParts): Promise<void> {
  const { store, registry } = parts
  for (const { key, value } of await store.records(clientRecords)) {
    const lastSeen = readLastSeen(value)
    if (lastSeen === undefined || !isClientId(key)) continue
    const record = registry.known(key, lastSeen)
    record.kept = true
    record.dialect = readDialect(value)
  }
  await parts.everyone.restore((client) => registry.known(client))
  const wills = await keptWills(store)
  for (const entry of await store.records(sessionRecords)) await restore(parts, entry, wills.get(entry.key))
}

async function keptWills(store: HubParts['store']): Promise<ReadonlyMap<string, KeptWill | undefined>> {
  return new Map((await store.records(willRecords)).map(({ key, value }) => [key, readKeptWill(value)]))
}

async function restore(
  parts: HubParts,
  { key: client, value }: RecordEntry,
  keptWill: KeptWill | undefined,
): Promise<void> {
  const kept = readSession(value)
  if (kept === undefined || !isClientId(client)) {
    parts.logger.warn('the store keeps a session that cannot be read', { client })
    return
  }
  const { position, newest } = await parts.store.inspect(cursorName(client, everyoneStream))
  const record = parts.registry.known(client)
  // Who is back already, before everything was read, has begun a new one.
  if (record.living) return
  const will = keptWill?.session === kept.id ? keptWill.will : undefined
  const entry = entryOf(parts, client, { ...kept, newest, will })
  record.session = entry
  parts.everyone.follow(record, position.seq)
  if (kept.watch) parts.presence.expect(entry)
  for (const subscription of kept.subscriptions ?? []) {
    try {
      await parts.memberships.restore(record, entry, subscription)
    } catch (error) {
      // Without what the store could not say the hub would lose it: it does not begin, and is begun again.
      if (!isPosthouseError(error) || error.code === 'store_failed') throw error
      parts.logger.warn('a subscription could not be restored', { client, stream: subscription.stream, error })
    }
  }
}

/** Who had a connection when the hub ended has all of the time to come back. */
function entryOf(
  { clock, limits, timing, logger }: HubParts,
  client: string,
  kept: KeptSession & { readonly newest: number; readonly will: LastWill | undefined },
): SessionEntry {
  const { id, producer, principal, transient = false, tokens, expiresAt = Number.POSITIVE_INFINITY } = kept
  const { newest, will } = kept
  const leftMs = Math.max(0, Math.min(expiresAt - clock.now(), timing.sessionMs))
  return {
    session: new HubSession({ id, client, limits }),
    producer,
    principal,
    transient,
    tokens: new ResumeTokens(tokens),
    everyoneFrom: undefined,
    subscriptions: new Map(),
    sentBefore: newest,
    will,
    keptWill: will && { ...will },
    expiresAt: clock.elapsed() + leftMs,
    carrier: undefined,
    state: stateOf(kept, (error) => logger.warn('the store keeps a state that cannot be read', { client, error })),
    questions: undefined,
  }
}

function stateOf({ state }: KeptSession, report: (error: unknown) => void): SessionEntry['state'] {
  try {
    return state === undefined ? undefined : readState(JSON.parse(state))
  } catch (error) {
    report(error)
    return undefined
  }
}
