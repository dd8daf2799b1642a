import { problem } from '@posthouse/web'
import {
  count,
  counted,
  flag,
  input,
  listOf,
  message,
  type Operation,
  output,
  page,
  positions,
  text,
} from './operation.ts'

const epoch = { ...text, description: 'The numbering that `seq` belongs to; both together are a position' }
const deadLetter = message({ at: count, reason: text })
const seqs = { ...listOf(count), maxItems: 256 }

/** What a hub keeps: channels, queues, inboxes and dead letters. */
export const keptOperations: readonly Operation[] = [
  {
    http: 'GET',
    path: '/channels',
    method: 'hub.channels',
    tag: 'channels',
    summary: 'Lists the channels that keep messages',
    query: page,
    response: output({
      channels: listOf(output({ channel: text, messages: count, bytes: count, ts: count, subscribers: count })),
      more: flag,
      subscriptions: count,
    }),
  },
  {
    http: 'GET',
    path: '/channels/{channel}/history',
    method: 'hub.history',
    tag: 'channels',
    summary: 'Shows what was published to a channel, as far as it is kept',
    query: input({
      epoch,
      seq: counted('Only messages after this position'),
      last: { type: 'integer', minimum: 1, maximum: 1000, description: 'How many of the newest instead' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    }),
    response: output({ entries: listOf({ type: 'object', additionalProperties: true }), position: {}, more: flag }),
    read: ({ epoch: of, seq, ...rest }) => {
      if ((of === undefined) !== (seq === undefined)) throw problem(422, 'epoch and seq belong together: give both')
      return of === undefined ? rest : { ...rest, after: { epoch: of, seq } }
    },
  },
  {
    http: 'GET',
    path: '/queues',
    method: 'hub.queues',
    tag: 'queues',
    summary: 'Lists the queues, with what waits in them',
    query: page,
    response: output({
      queues: listOf(output({ queue: text, messages: count, bytes: count, leased: count, workers: count })),
      more: flag,
    }),
  },
  {
    http: 'GET',
    path: '/inboxes/{client}',
    method: 'hub.inbox',
    tag: 'inboxes',
    summary: 'Shows what waits for a client',
    query: positions({ bodies: { ...flag, description: 'Whether to show the contents' } }),
    response: { type: 'object', additionalProperties: true },
    errors: { 404: 'Nobody of that name is known' },
  },
  {
    http: 'GET',
    path: '/dead-letters',
    method: 'hub.deadLetters.list',
    tag: 'dead letters',
    summary: 'Lists messages that could not be processed, oldest first',
    query: positions({ client: { ...text, description: 'Only those that were meant for this client' } }),
    response: output({ entries: listOf(deadLetter) }),
  },
  {
    http: 'GET',
    path: '/dead-letters/{seq}',
    method: 'hub.deadLetters.show',
    tag: 'dead letters',
    summary: 'Shows one dead letter with its content',
    params: input({ seq: count }, ['seq']),
    response: deadLetter,
    errors: { 404: 'There is none at this position' },
    write: (answer) => {
      const { entry } = answer as { readonly entry: unknown }
      if (entry === null) throw problem(404, 'There is no dead letter at this position')
      return entry
    },
  },
  {
    http: 'POST',
    path: '/dead-letters/redrive',
    method: 'hub.deadLetters.redrive',
    tag: 'dead letters',
    summary: 'Sends the given ones again, as if they were new',
    body: input({ seqs }, ['seqs']),
    response: output({ redriven: count }),
  },
  {
    http: 'POST',
    path: '/dead-letters/purge',
    method: 'hub.deadLetters.purge',
    tag: 'dead letters',
    summary: 'Removes dead letters for good: the given ones, those of a client, or all',
    body: {
      ...input({ seqs: { ...seqs, maxItems: 10_000 }, client: text, all: { const: true } }),
      minProperties: 1,
      maxProperties: 1,
    },
    response: output({ purged: count }),
    read: ({ all: _, ...wanted }) => wanted,
  },
]
