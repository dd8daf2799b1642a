import assert from 'node:assert/strict'
import type { InboxStore } from '../store.ts'
import type { Delivery, LogLimits } from '../store-batch.ts'
import type { Dice } from './dice.ts'
import { type LawCourt, lawSteps } from './law-court.ts'
import { commit, sampleEnvelope } from './sample.ts'

const addresses = ['channel:a', 'channel:b', 'channel:b.c', 'group:a', 'all']

interface LogModel {
  entries: { readonly seq: number; readonly ts: number }[]
  limits: LogLimits
  trimmed: number
}

type Logged = Delivery & { readonly log: LogLimits }

/** Logs hold the newest of what came, by count and age. */
export async function logLaw({ store, clock, dice }: LawCourt): Promise<void> {
  const model = new Map<string, LogModel>()
  for (let step = 0; step < lawSteps; step++) {
    clock.advance(dice.below(10))
    const now = clock.now()
    const appends = dice.some(4, (): Logged => {
      const log = { messages: dice.below(6), ageMs: 1 + dice.below(80) }
      return { envelope: sampleEnvelope({ to: dice.pick(addresses), ts: now }), recipients: [], log }
    })
    const outcome = await commit(store, { appends })
    for (const [index, append] of appends.entries()) {
      const result = outcome.appends[index]
      keep(model, append, result?.state === 'stored' ? result.seq : assert.fail('it was not stored'))
    }
    for (const log of model.values()) trim(log, now)
    await compareLogs(store, model, dice)
  }
}

function keep(model: Map<string, LogModel>, { envelope, log: limits }: Logged, seq: number): void {
  const log = model.get(envelope.to) ?? { entries: [], limits, trimmed: 0 }
  log.limits = limits
  log.entries.push({ seq, ts: envelope.ts })
  trim(log, envelope.ts)
  model.set(envelope.to, log)
}

function trim(log: LogModel, now: number): void {
  const { entries, limits } = log
  const kept = entries.filter(({ ts }, index) => entries.length - index <= limits.messages && ts + limits.ageMs > now)
  log.trimmed = entries[entries.length - kept.length - 1]?.seq ?? log.trimmed
  log.entries = kept
}

async function compareLogs(store: InboxStore, model: ReadonlyMap<string, LogModel>, dice: Dice): Promise<void> {
  const after = dice.below((await store.inspect('nobody')).newest + 1)
  const matches = (to: string): boolean => to.startsWith('channel:b')
  const together = [...model].filter(([to]) => matches(to)).map(([, log]) => log)
  const questions = [
    { wanted: { kind: 'channel', matches } as const, logs: together },
    ...[...model].map(([to, log]) => ({ wanted: { to }, logs: [log] })),
  ]
  for (const { wanted, logs } of questions) {
    const expected = logs.flatMap(({ entries }) => entries.map(({ seq }) => seq)).filter((seq) => seq > after)
    expected.sort((a, b) => a - b)
    const count = 1 + dice.below(6)
    const all = logs.flatMap(({ entries }) => entries.map(({ seq }) => seq)).sort((a, b) => b - a)
    assert.equal(await store.behindLast(wanted, count), (all[count - 1] ?? 1) - 1)
    const page = await store.readLog(wanted, after, 4)
    const seqs = page.entries.map(({ seq }) => seq)
    assert.deepEqual(seqs, expected.slice(0, 4))
    assert.equal(page.trimmed, Math.max(0, ...logs.map(({ trimmed }) => trimmed)))
    const next = expected[seqs.length]
    assert.ok(page.scanned >= (seqs.at(-1) ?? after) && (next === undefined || page.scanned < next))
  }
}
