import type { AppendOutcome, Batch, CommitOutcome, Delivery, InboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { Group } from '../../packages/hub/src/groups/group.ts'
import type { Sabotage } from './config.ts'
import type { SimHub } from './sim-hub.ts'

/** The store, with the rule broken that is to be. */
export function sabotagedStore(inner: InboxStore, sabotage: Sabotage | undefined): InboxStore {
  if (sabotage === 'forgotten-refusals') return forgetful(inner)
  return sabotage === 'lossy-store' ? lossy(inner) : inner
}

/** Breaks a rule of the hub, where that is wanted. */
export function sabotagedHub(hub: SimHub, sabotage: Sabotage | undefined): void {
  if (sabotage === 'lost-news') loseNews(hub)
  if (sabotage === 'crossed-answers') crossAnswers(hub)
  if (sabotage === 'passed-over-subscribers') passOverSubscribers(hub)
  if (sabotage === 'forgotten-subscriptions') hub.core.memberships.restore = async () => undefined
  if (sabotage === 'short-groups') shortenGroups(hub)
  if (sabotage === 'lost-work') loseWork(hub)
  if (sabotage !== 'no-fence') return
  const { registry } = hub.core
  const connect = registry.connect.bind(registry)
  registry.connect = (record, link) => {
    connect(record, link)
    return undefined
  }
}

/** Passes over every third change of presence. */
function loseNews({ core: { presence } }: SimHub): void {
  const changed = presence.changed.bind(presence)
  let count = 0
  presence.changed = (record) => {
    if (++count % 3 > 0) changed(record)
  }
}

/** Takes an answer for that to another call of the same callee. */
function crossAnswers({ core: { exchange } }: SimHub): void {
  const receive = exchange.receive.bind(exchange)
  exchange.receive = (port, frame) => {
    const other = frame.op === 'response' ? [...port.asked.keys()].find((id) => id !== frame.id) : undefined
    receive(port, other === undefined ? frame : { ...frame, id: other })
  }
}

/** Tells nobody of every third message to a channel. */
function passOverSubscribers({ core: { channels } }: SimHub): void {
  const offer = channels.offer.bind(channels)
  let count = 0
  channels.offer = (...message) => {
    if (++count % 3 > 0) offer(...message)
  }
}

/** Leaves out the one who has been a member for longest. */
function shortenGroups({ core: { groups } }: SimHub): void {
  const known = groups.known.bind(groups)
  groups.known = (name) => {
    const short = new Group(name)
    for (const [client, member] of [...known(name).members].slice(1)) short.members.set(client, member)
    return short
  }
}

function loseWork({ core: { queues } }: SimHub): void {
  const used = queues.used.bind(queues)
  queues.used = (name) => {
    const queue = used(name)
    queue.lost = () => undefined
    return queue
  }
}

/** Answers refusals and keeps no memory of them. */
function forgetful(inner: InboxStore): InboxStore {
  const commit = async (batch: Batch): Promise<CommitOutcome> => {
    const { appends } = batch
    const kept = appends.filter((append) => !('refusal' in append))
    const outcome = await inner.commit({ ...batch, appends: kept })
    const answers = [...outcome.appends]
    const all = appends.map(
      (append): AppendOutcome =>
        'refusal' in append ? { state: 'refused', code: append.refusal } : (answers.shift() ?? { state: 'duplicate' }),
    )
    return { ...outcome, appends: all }
  }
  return changedStore(inner, { commit })
}

function withoutRecipients({ log: _, ...append }: Delivery): Delivery {
  return { ...append, recipients: [] }
}

/** Says that everything was stored, and drops every other message. */
function lossy(inner: InboxStore): InboxStore {
  let count = 0
  const commit = async (batch: Batch): Promise<CommitOutcome> => {
    const { appends } = batch
    const kept = appends.map((append) =>
      !('recipients' in append) || ++count % 2 > 0 ? append : withoutRecipients(append),
    )
    const outcome = await inner.commit({ ...batch, appends: kept })
    const claimed = outcome.appends.map((each, index): AppendOutcome => {
      const append = appends[index]
      const recipients = append !== undefined && 'recipients' in append ? append.recipients : []
      return each.state === 'stored' ? { ...each, fill: recipients.map(() => 0) } : each
    })
    return { ...outcome, appends: claimed }
  }
  return changedStore(inner, { commit })
}
