import { parseArgs } from 'node:util'
import { killHubs } from './hub-kills.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '500' }, seed: { type: 'string', default: `${Date.now()}` } },
})
const [kills, seed] = [Number(values.kills), Number(values.seed)]
const startedAt = performance.now()
const onKill = (done: number, confirmed: number): void => {
  if (done % 50 === 0) console.error(`${done} of ${kills} kills, ${confirmed} messages confirmed`)
}
const { kills: done, confirmed, faults } = await killHubs({ kills, seed, onKill })
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.error(`seed ${seed}: ${done} kills in ${seconds} s, ${confirmed} messages confirmed`)
console.error(faults.length === 0 ? 'each was handled once and in order' : faults.slice(0, 20).join('\n'))
process.exitCode = faults.length === 0 ? 0 : 1
