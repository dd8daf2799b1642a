import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Envelope, MemoryInboxStore } from '@posthouse/core'
import fc from 'fast-check'
import { type Candidate, FreeWorkers } from '../src/queues/free-workers.ts'
import { Lane, type QueueEntry } from '../src/queues/lane.ts'

class Hand implements Candidate {
  busy = 0
  ready = true
  readonly name: number

  constructor(name: number) {
    this.name = name
  }
}

suite('the workers that are free', () => {
  test('come by how much they have to do, and in turn', () => {
    const free = new FreeWorkers<Hand>()
    const hands = [0, 1, 2].map((name) => new Hand(name))
    for (const hand of hands) free.place(hand)
    const order: (number | undefined)[] = []
    for (let step = 0; step < 7; step++) {
      const hand = free.next()
      order.push(hand?.name)
      if (hand === undefined) continue
      hand.busy++
      hand.ready = hand.busy < 2
      free.place(hand)
    }
    assert.deepEqual(order, [0, 1, 2, 0, 1, 2, undefined])
  })

  test('are never one that cannot take more, and never one that has more to do than another', () => {
    const step = fc.record({ hand: fc.nat(4), busy: fc.nat(3), ready: fc.boolean(), told: fc.boolean() })
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), playHands))
  })
})

interface HandStep {
  readonly hand: number
  readonly busy: number
  readonly ready: boolean
  readonly told: boolean
}

function playHands(script: readonly HandStep[]): void {
  const free = new FreeWorkers<Hand>()
  const hands = Array.from({ length: 5 }, (_, name) => new Hand(name))
  for (const hand of hands) free.place(hand)
  for (const { hand: index, busy, ready, told } of script) {
    const hand = hands[index] ?? assert.fail('there are five')
    if (told) {
      Object.assign(hand, { busy, ready })
      free.place(hand)
    } else if (!ready) {
      // A window closes without a word; whatever else changes is told.
      hand.ready = false
    }
    const able = hands.filter((each) => each.ready).map((each) => each.busy)
    assert.equal(free.next()?.busy, able.length === 0 ? undefined : Math.min(...able))
  }
}

const inbox = '\nqueue\njobs\n5'

function envelope(expiresAt?: number): Envelope {
  const body = { format: 'json', bytes: new TextEncoder().encode('"x"') } as const
  const time = expiresAt === undefined ? {} : { expiresAt }
  return { id: 'm', from: 'alice', to: 'queue:jobs', type: 'text', body, qos: 1, ts: Date.now(), ...time }
}

async function store(memory: MemoryInboxStore): Promise<number> {
  const { appends } = await memory.commit({
    appends: [{ envelope: envelope(), recipients: [inbox] }],
    acknowledgements: [],
  })
  const [outcome] = appends
  return outcome?.state === 'stored' ? outcome.seq : assert.fail('it was not stored')
}

type Step = 'store' | 'store unheard' | 'take' | 'fill' | 'give back' | 'process' | 'rest' | 'late fill'

suite('a priority of a queue', () => {
  test('hands each message out once, in order, but for those that came back, which come first', async () => {
    const steps = fc.array(
      fc.constantFrom<Step>(
        'store',
        'store unheard',
        'take',
        'take',
        'fill',
        'give back',
        'process',
        'rest',
        'late fill',
      ),
      { maxLength: 80 },
    )
    await fc.assert(fc.asyncProperty(steps, playLane))
  })

  test('passes over what has expired', () => {
    const lane = new Lane(inbox, new MemoryInboxStore())
    lane.giveBack({ seq: 1, envelope: envelope(1000), attempt: 2, inbox })
    lane.giveBack({ seq: 2, envelope: envelope(2000), attempt: 2, inbox })
    assert.equal(lane.next(1500)?.seq, 2)
    assert.equal(lane.next(1500), undefined)
  })
})

async function playLane(script: readonly Step[]): Promise<void> {
  await using memory = new MemoryInboxStore()
  const lane = new Lane(inbox, memory)
  const waiting = new Set<number>()
  const out: QueueEntry[] = []
  const back = new Set<number>()
  const take = (): void => {
    const entry = lane.next(Date.now())
    if (entry === undefined) return
    assert.ok(waiting.delete(entry.seq), 'nobody else has it')
    const first = back.size > 0 ? Math.min(...back) : Math.min(entry.seq, ...waiting)
    assert.equal(entry.seq, first)
    back.delete(entry.seq)
    out.push(entry)
  }
  const steps: Record<Step, () => unknown> = {
    store: async () => {
      const seq = await store(memory)
      waiting.add(seq)
      lane.offer(seq, envelope(), 1)
    },
    // A page may hold what was not told of yet.
    'store unheard': async () => {
      const seq = await store(memory)
      waiting.add(seq)
      await lane.fill()
      lane.offer(seq, envelope(), 1)
    },
    take,
    fill: () => lane.behind && lane.fill(),
    'give back': () => {
      const entry = out.pop()
      if (entry === undefined) return
      lane.giveBack(entry)
      waiting.add(entry.seq)
      back.add(entry.seq)
    },
    process: async () => {
      const entry = out.shift()
      if (entry) await memory.commit({ appends: [], acknowledgements: [], removals: [{ inbox, seq: entry.seq }] })
    },
    rest: () => lane.rest(),
    'late fill': async () => {
      if (!lane.behind) return
      const filling = lane.fill()
      const seq = await store(memory)
      waiting.add(seq)
      lane.offer(seq, envelope(), 1)
      await filling
    },
  }
  for (const step of script) await steps[step]()
  while (lane.promising) {
    take()
    if (lane.behind) await lane.fill()
  }
  assert.equal(waiting.size, 0, 'everything is handed out in the end')
}
