import { cursorName } from '@posthouse/core'
import { type HelloFrame, hubCaps, inboxStream, type WelcomeFrame } from '@posthouse/protocol'
import { endForbidden } from '../membership/subscription.ts'
import { everyoneStream } from '../routing/everyone.ts'
import { lostOf, startingPoints } from './starting-points.ts'
import type { V1Link } from './v1-link.ts'
import type { V1Reader } from './v1-reader.ts'
import type { V1Visit } from './v1-visit.ts'

/** Welcomes a v1 client, delivers what waits for it, and takes what it has sent meanwhile. */
export async function welcome(link: V1Link, reader: V1Reader, hello: HelloFrame): Promise<void> {
  const { visit } = link
  const { parts, connection, record, entry, resumed } = visit
  const { store, batcher, presence } = parts
  const [stored, accepted] = await Promise.all([batcher.inspect(record.id), store.lastAccepted(visit.producer)])
  if (record.link !== link || !connection.open) return
  const forbidden = endForbidden(record, entry, link.access)
  if (!resumed) followEveryone(visit, entry.everyoneFrom ?? stored.newest)
  if (parts.groups.of(record.id).size > 0) await parts.largeGroups.follow(record)
  // Whoever has been welcomed can resume, also where the hub ends suddenly: nothing is said before it is kept.
  const resumeToken = entry.tokens.issue()
  const recalled = recall(visit, stored.position.seq, hello)
  const { everyoneFrom } = entry
  if (!resumed && parts.keeper.lasting && everyoneFrom !== undefined) {
    parts.everyone.succeeded(record.id, everyoneFrom)
  }
  const [lost] = await Promise.all([lostOf(record), parts.keeper.keep(record), recalled])
  if (record.link !== link || !connection.open) return
  const { positions, gaps } = startingPoints(visit, { position: stored.position, lost }, hello)
  link.welcomed = true
  const facts = { resumeToken, positions, accepted, ...(gaps.length > 0 && { gaps }) }
  link.put(attach(visit, facts))
  link.write(forbidden)
  entry.sentBefore = 0
  tell(visit, hello)
  if (resumed && presence.watches(entry)) presence.watch(entry)
  record.noted?.clear()
  record.feeds.attach(link, positions)
  reader.open()
}

/** What an earlier run of the hub has delivered, and this client says to have processed, is known again. */
async function recall(
  { parts, record, entry, resumed }: V1Visit,
  after: number,
  { resume }: HelloFrame,
): Promise<void> {
  const claimed = Math.min(entry.sentBefore, resume?.positions[inboxStream]?.seq ?? 0)
  if (resumed && claimed > after) await parts.delivery.recall(record, after, claimed)
}

/** What is sent to everyone comes behind `seq`, also where the hub ends before any of it is acknowledged. */
function followEveryone({ parts, record }: V1Visit, seq: number): void {
  parts.everyone.follow(record, seq)
  if (parts.keeper.lasting) parts.batcher.acknowledge(cursorName(record.id, everyoneStream), seq)
}

/** Attaches the session to its new connection. */
function attach(
  visit: V1Visit,
  facts: Pick<WelcomeFrame, 'resumeToken' | 'positions' | 'accepted' | 'gaps'>,
): WelcomeFrame {
  const { parts, entry, resumed } = visit
  const { timing, store, node, clock } = parts
  return entry.session.attach({
    ...facts,
    resumed,
    heartbeatMs: timing.heartbeatMs,
    durability: store.durability,
    caps: hubCaps,
    node,
    serverTime: clock.now(),
  })
}

function tell({ parts, connection, record, codec, entry, resumed }: V1Visit, { agent }: HelloFrame): void {
  const { dialect } = codec
  const { remote } = connection
  const { principal } = entry
  parts.tally.logins.add(dialect)
  connection.welcomed()
  parts.logger.info('client online', { client: record.id, remote, principal, dialect, resumed, agent })
}
