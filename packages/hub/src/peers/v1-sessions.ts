import { randomHex } from '@posthouse/core'
import { type HelloFrame, HubSession } from '@posthouse/protocol'
import type { Pass } from '../access/gate.ts'
import type { ClientRecord, SessionEntry } from '../clients/client-record.ts'
import type { HubParts } from '../hub-parts.ts'
import { endSubscriptions } from '../membership/subscription.ts'
import { everyoneStream } from '../routing/everyone.ts'
import { type LastWill, sendWill } from './last-will.ts'
import { ResumeTokens } from './resume-tokens.ts'

/** What a client said, and what it was let in with. */
export interface Greeting {
  readonly hello: HelloFrame
  readonly pass: Pass
}

/** A greeting whose will was read. */
interface WillingGreeting extends Greeting {
  readonly will: LastWill | undefined
}

/** The session that a hello begins or goes on with. */
export interface ClaimedSession {
  readonly entry: SessionEntry
  readonly resumed: boolean
}

/** Finds the session that a hello asks to resume; otherwise ends the client's old one and begins a new one. */
export function claimSession(
  record: ClientRecord,
  { hello, pass, will }: WillingGreeting,
  parts: Pick<HubParts, 'limits' | 'tally' | SessionParts>,
): ClaimedSession {
  const { session: known } = record
  const wish = hello.resume
  const owner = pass.principal?.name
  // Another producer's numbers must not be answered with what was said to this one's, nor another principal's.
  const mine = known?.producer === hello.producer && known?.principal === owner
  const same = mine && known?.session.id === wish?.session
  if (known && wish && same && known.tokens.redeem(wish.token)) {
    parts.tally.sessionsResumed++
    known.will = will
    return { entry: known, resumed: true }
  }
  const everyoneFrom = record.feeds.of(everyoneStream)?.position ?? known?.everyoneFrom
  if (parts.keeper.lasting && everyoneFrom !== undefined) parts.everyone.succeeding(record.id, everyoneFrom)
  closeSession(record, parts)
  const session = new HubSession({ id: randomHex(16), client: record.id, limits: parts.limits })
  const entry: SessionEntry = {
    session,
    producer: hello.producer,
    principal: owner,
    transient: hello.transient ?? false,
    tokens: new ResumeTokens(),
    everyoneFrom,
    subscriptions: new Map(),
    sentBefore: 0,
    will,
    keptWill: undefined,
    expiresAt: Number.POSITIVE_INFINITY,
    carrier: undefined,
    state: undefined,
    questions: undefined,
  }
  record.session = entry
  parts.tally.sessionsNew++
  return { entry, resumed: false }
}

/** Parts of a hub that have to do with sessions. */
type SessionParts = 'presence' | 'keeper' | 'everyone' | 'router' | 'clock' | 'logger'

/** Ends a client's session for good. What its inbox holds stays, and what it has not got of messages to everyone joins it. */
export function endSession(record: ClientRecord, parts: Pick<HubParts, SessionParts>): void {
  if (record.session?.transient === false) parts.everyone.leave(record)
  closeSession(record, parts)
}

function closeSession(record: ClientRecord, parts: Pick<HubParts, SessionParts>): void {
  const { presence, keeper } = parts
  const { session: entry } = record
  if (entry === undefined) return
  entry.session.end()
  presence.unwatch(entry)
  record.session = undefined
  endSubscriptions(entry)
  record.feeds.unfollowAll()
  keeper.ended(record, entry)
  // In the same tick: either both are in the store, or none.
  if (entry.will !== undefined) sendWill(record, entry.will, parts)
}

/**
 * The name under which the store knows a producer. Ids of clients and names of principals have no line breaks. Two
 * principals that may use one id do not get each other's answers.
 */
export function producerOf({ hello, pass }: Greeting): string {
  const owner = pass.principal === undefined ? '' : `${pass.principal.name}\n`
  return `${hello.client}\n${owner}${hello.producer}`
}
