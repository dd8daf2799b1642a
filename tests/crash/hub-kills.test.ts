import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killHubs } from './hub-kills.ts'

const kills = 200
/** On a machine that has much else to do fewer kills must be enough, in milliseconds. */
const mostMs = 80_000

test('a hub on a disk that is killed again and again under load loses nothing, and repeats nothing to who lives on', async (t) => {
  const seed = Date.now()
  const report = await killHubs({ kills, seed, signal: AbortSignal.timeout(mostMs) })
  t.diagnostic(`seed ${seed}: ${report.kills} kills, ${report.confirmed} messages`)
  assert.deepEqual(report.faults.slice(0, 5), [], `to repeat it: npm run crash -- --kills ${kills} --seed ${seed}`)
})
