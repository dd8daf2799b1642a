import { parseArgs } from 'node:util'
import { fuzz } from './fuzzing.ts'
import type { Language } from './inputs.ts'

/** Inputs of one seed, after which the next one begins. */
const perSeed = 50_000
const languages: readonly Language[] = ['json', 'msgpack', 'cross_comm', 'web_socket']

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.error('usage: npm run fuzz -- [--inputs COUNT] [--from SEED]')
else process.exitCode = run(Number(values.inputs), Number(values.from))

function run(inputs: number, from: number): number {
  const startedAt = performance.now()
  for (let done = 0, seed = from; done < inputs; seed++) {
    for (const language of languages) {
      const count = Math.min(perSeed, inputs - done)
      const found = fuzz({ language, seed, inputs: count })
      if (found !== undefined) {
        console.error(`${found.target} failed: ${found.problem}`)
        console.error('for the corpus, tests/fuzz/corpus.json:', JSON.stringify(found))
        return 1
      }
      done += count
    }
    const perSecond = ((done / (performance.now() - startedAt)) * 1000).toFixed(0)
    console.error(`${done} of ${inputs} inputs, ${perSecond} a second, next seed ${seed + 1}`)
  }
  return 0
}
