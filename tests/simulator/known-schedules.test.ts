import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Action } from './actions.ts'
import type { Config } from './config.ts'
import { replay } from './simulation.ts'

const config: Config = {
  clients: ['a', 'b', 'c'],
  dialects: {},
  limits: {
    frameBytes: 1_048_576,
    bodyBytes: 300,
    framesPerArray: 256,
    inFlight: 8,
    windowMessages: 8,
    windowBytes: 1000,
    calls: 8,
    subscriptions: 8,
  },
  inbox: { messages: 100, bytes: 1_000_000, ageMs: 86_400_000 },
  hardBytes: 1_000_000,
  durable: true,
  eager: false,
  places: ['channel:a.y'],
  steps: 0,
  weights: {},
}

/** Carries what client `c` has written to the hub. */
const carry: Action = { do: 'carry', client: 'c', cable: 0, way: 'up' }
/** Lets the store go on with what has waited longest. */
const store: Action = { do: 'store', operation: 0 }
const storeFails: Action = { ...store, fails: true }
const schedules: Readonly<Record<string, readonly Action[]>> = {
  'the end of a session that the store takes late does not end the one that has taken its place': [
    { do: 'connect', client: 'a', life: 0 },
    { do: 'connect', client: 'c', life: 0 },
    { do: 'flow' },
    { do: 'twin', client: 'c' },
    carry,
    { do: 'send', client: 'a', to: 'all', kind: 'text' },
    store,
    store,
    storeFails,
  ],
  'the end of a subscription may be asked for before the subscription was answered': [
    { do: 'connect', client: 'c', life: 0 },
    { do: 'flow' },
    { do: 'ask', client: 'c', op: 'subscribe', to: 'channel:a.*' },
    carry,
    store,
    { do: 'ask', client: 'c', op: 'unsubscribe', to: 'channel:a.*' },
    carry,
    { do: 'send', client: 'c', to: 'all', kind: 'text' },
    store,
    store,
    carry,
    store,
    storeFails,
  ],
  'what was given back of messages to everyone may be passed over once it is kept, also after a resume that came before':
    [
      { do: 'connect', client: 'a', life: 0 },
      { do: 'connect', client: 'c', life: 0 },
      { do: 'send', client: 'a', to: 'all', kind: 'text' },
      { do: 'flow' },
      { do: 'return', client: 'c', life: 0, job: 0 },
      { do: 'abandon', client: 'c' },
      carry,
      { do: 'connect', client: 'c', life: 0 },
      carry,
    ],
  'what a session has acknowledged does not move the cursor of the session that has taken its place': [
    { do: 'connect', client: 'a', life: 0 },
    { do: 'connect', client: 'c', life: 0 },
    { do: 'send', client: 'a', to: 'all', kind: 'text' },
    { do: 'flow' },
    { do: 'return', client: 'c', life: 0, job: 0 },
    carry,
    { do: 'crash', client: 'c' },
    { do: 'connect', client: 'c', life: 0 },
    carry,
  ],
  'what was given back comes again, also where the next hub cannot read at first which receipts are open': [
    { do: 'connect', client: 'a', life: 0 },
    { do: 'connect', client: 'c', life: 0 },
    { do: 'send', client: 'a', to: 'c', kind: 'text' },
    { do: 'flow' },
    { do: 'return', client: 'c', life: 0, job: 0 },
    carry,
    { do: 'hub', commits: 3 },
    ...Array<Action>(7).fill(store),
    storeFails,
  ],
  'what is to be moved from the log to an inbox is moved also where the log cannot be read at first': [
    { do: 'connect', client: 'a', life: 0 },
    { do: 'flow' },
    { do: 'wait', ms: 130_000 },
    { do: 'connect', client: 'b', life: 0 },
    { do: 'send', client: 'b', to: 'all', kind: 'text' },
    { do: 'flow' },
    { do: 'wait', ms: 20 },
    { do: 'wait', ms: 130_000 },
    store,
    store,
    store,
    { do: 'store', operation: 1, fails: true },
  ],
  'a client that was welcomed while the store failed is not counted on when the hub dies at once': [
    ...['a', 'c'].map((client): Action => ({ do: 'connect', client, life: 0 })),
    { do: 'carry', client: 'a', cable: 0, way: 'up' },
    store,
    carry,
    store,
    storeFails,
    { do: 'store', operation: 2 },
    { do: 'hub', commits: 0 },
    { do: 'flow' },
    { do: 'twin', client: 'b' },
    { do: 'send', client: 'b', to: 'all', kind: 'text' },
  ],
  'who subscribes in a new session may ask for what came before that of the old one': [
    { do: 'connect', client: 'a', life: 0 },
    { do: 'flow' },
    { do: 'send', client: 'a', to: 'channel:a.y', kind: 'text' },
    { do: 'ask', client: 'a', op: 'subscribe', to: 'channel:a.*' },
    { do: 'send', client: 'a', to: 'channel:a.y', kind: 'text' },
    { do: 'flow' },
    { do: 'abandon', client: 'a' },
    { do: 'carry', client: 'a', cable: 0, way: 'up' },
    { do: 'wait', ms: 130_000 },
    { do: 'connect', client: 'a', life: 0 },
    { do: 'flow' },
    { do: 'ask', client: 'a', op: 'subscribe', to: 'channel:a.*', after: 'start' },
  ],
  'what was given back comes again, also where the next hub cannot look at first what has expired': [
    ...['a', 'b'].map((client): Action => ({ do: 'connect', client, life: 0 })),
    { do: 'connect', client: 'c', life: 0 },
    { do: 'flow' },
    { do: 'send', client: 'a', to: 'c', kind: 'text' },
    { do: 'flow' },
    { do: 'return', client: 'c', life: 0, job: 0 },
    carry,
    { do: 'hub', commits: 3 },
    ...Array<Action>(9).fill(store),
    storeFails,
  ],
  'a hub that cannot read where a subscription is does not begin without it': [
    { do: 'connect', client: 'a', life: 0 },
    { do: 'connect', client: 'b', life: 0 },
    { do: 'flow' },
    { do: 'ask', client: 'b', op: 'subscribe', to: 'channel:b' },
    { do: 'flow' },
    { do: 'hub', commits: 2 },
    ...Array<Action>(8).fill(store),
    storeFails,
  ],
  'a session that the store did not keep may be gone when the hub dies at once': [
    { do: 'connect', client: 'c', life: 0 },
    carry,
    { do: 'store', operation: 1 },
    store,
    storeFails,
    { do: 'flow' },
    { do: 'hub', commits: 0 },
  ],
}

suite('what was once mistaken for a fault of the hub, or was one', () => {
  for (const [name, actions] of Object.entries(schedules)) {
    test(name, async () => assert.equal(await replay(config, actions), undefined))
  }

  test('what was given back of messages to everyone and finds no room in the inbox does not come again', async () => {
    const actions: readonly Action[] = [
      { do: 'connect', client: 'a', life: 0 },
      { do: 'connect', client: 'c', life: 0 },
      { do: 'send', client: 'a', to: 'all', kind: 'text' },
      { do: 'send', client: 'a', to: 'c', kind: 'text' },
      { do: 'flow' },
      { do: 'return', client: 'c', life: 0, job: 0 },
      carry,
    ]
    const inbox = { ...config.inbox, messages: 1 }
    assert.equal(await replay({ ...config, inbox }, actions), undefined)
  })

  test('what is to be read again and was given back is a dead letter where its inbox is full', async () => {
    const actions: readonly Action[] = [
      ...['a', 'b', 'c'].map((client): Action => ({ do: 'connect', client, life: 0 })),
      { do: 'flow' },
      { do: 'send', client: 'a', to: 'all', kind: 'text' },
      { do: 'send', client: 'b', to: 'b', kind: 'text' },
      { do: 'crash', client: 'b' },
      { do: 'send', client: 'a', to: 'b', kind: 'text' },
      { do: 'flow' },
      { do: 'connect', client: 'b', life: 0 },
      { do: 'send', client: 'c', to: 'b', kind: 'text' },
      { do: 'flow' },
      { do: 'send', client: 'b', to: 'b', kind: 'text' },
      { do: 'return', client: 'b', life: 0, job: 0 },
    ]
    const inbox = { ...config.inbox, messages: 4 }
    assert.equal(await replay({ ...config, eager: true, inbox }, actions), undefined)
  })
})
