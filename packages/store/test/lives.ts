import type { Batch, Delivery, Envelope, InboxStore } from '@posthouse/core'

/** What the stores of all lives are opened with. */
export const settings = { limits: { messages: 1e9, bytes: 1e12 }, bounds: { deadLetters: 5 } }

/** Every commit of a life has this many messages that stay. */
export const kept = 3

/** What the commit number `count` writes: something into every part of the store. */
export function batchOf(count: number, bodyBytes: number): Batch {
  const messages = Array.from({ length: kept }, (_, index): Delivery => {
    const n = count * kept + index - kept + 1
    return { envelope: envelope(`${n}`, 'keeper', bodyBytes), recipients: ['keeper'], from: { producer: 'p', n } }
  })
  return {
    appends: [
      ...messages,
      { envelope: envelope(`passing-${count}`, 'reader', bodyBytes), recipients: ['reader'] },
      { from: { producer: 'refused', n: count }, refusal: 'forbidden' },
      {
        envelope: envelope(`${count}`, 'channel:news', 10),
        recipients: [],
        log: { messages: 5, ageMs: 86_400_000 },
        retain: 'keep',
      },
      { envelope: envelope(`${count}`, 'nobody', 10), dead: 'unknown_recipient' },
    ],
    // The reader is done with what came before.
    acknowledgements: [{ inbox: 'reader', seq: Number.MAX_SAFE_INTEGER }],
    records: [{ kind: 'count', key: 'last', value: count }],
  }
}

/** The number of the newest commit that is in a store; 0 where none is. */
export async function lastCommit(store: InboxStore): Promise<number> {
  const [record] = await store.records('count')
  return Number(record?.value ?? 0)
}

function envelope(id: string, to: string, bodyBytes: number): Envelope {
  const body = { format: 'json', bytes: new Uint8Array(bodyBytes).fill(id.charCodeAt(0)) } as const
  return { id, from: 'writer', to, type: 'text', body, qos: 1, ts: Date.now() }
}
