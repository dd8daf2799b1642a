import { runs } from './benchmarks.ts'
import { type CatalogueName, catalogue } from './catalogue.ts'
import { factsLine, factsNow } from './facts.ts'
import { writePages } from './pages/write-pages.ts'
import { saveResult } from './results.ts'
import { markdownOf } from './table.ts'
import { targets, verdictOf } from './targets.ts'

const usage = `npm run bench                            runs all of them, one after the other, and keeps the results
npm run bench -- <name> [options]        runs one, and prints its tables
npm run bench -- --list                  prints this

${Object.entries(catalogue)
  .map(([name, what]) => `  ${name.padEnd(12)} ${what}`)
  .join('\n')}

  --rounds N     how often each case is measured
  --seconds S    how long a measurement takes, after warming up for 1 or 5 of them; default 3
  --only TEXT    only the cases whose name holds TEXT; ratios need the relay, so it stays
  --profile DIR  every Node server and every load leave a profile of their processor time there
  --json         every sample of every round instead of a table
  --save         keeps the result in docs/performance/results, and draws the page anew

What each is to come to is in bench/targets.ts; docs/performance shows what became of it.
`

const args = process.argv.slice(2)
const [name] = args
if (name === undefined || name.startsWith('--rounds')) await runAll(args)
else if (isKnown(name)) await runOne(name, args.slice(1))
else {
  process.stdout.write(usage)
  process.exitCode = name === '--list' || name === '--help' ? 0 : 2
}

/** Runs all of them, whatever becomes of each. */
async function runAll(words: readonly string[]): Promise<void> {
  for (const each of Object.keys(catalogue).filter(isKnown)) {
    process.stderr.write(`${each}\n`)
    try {
      await runOne(each, [...words, '--save'])
    } catch (error) {
      process.stderr.write(`${each}: ${error instanceof Error ? error.stack : error}\n`)
      process.exitCode = 1
    }
  }
}

function isKnown(name: string): name is CatalogueName {
  return Object.hasOwn(catalogue, name)
}

async function runOne(name: CatalogueName, words: readonly string[]): Promise<void> {
  const own = words.filter((word) => word !== '--json' && word !== '--save')
  const facts = factsNow()
  const { tables, complaints = [] } = await runs[name](own)
  const result = { benchmark: name, words: own.join(' '), facts, tables }
  if (words.includes('--json')) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
  else
    process.stdout.write(
      `${[`${factsLine(facts)}; ${name} ${own.join(' ')}`, ...tables.map(markdownOf)].join('\n\n')}\n`,
    )
  for (const complaint of complaints) process.stdout.write(`${complaint}\n`)
  for (const { aim, ...target } of targets.filter(({ benchmark }) => benchmark === name)) {
    const verdict = verdictOf({ aim, ...target }, result)
    if (verdict?.met === false) process.stderr.write(`missed: ${aim} (${Number(verdict.value.toPrecision(3))})\n`)
  }
  if (complaints.length > 0) process.exitCode = 1
  else if (words.includes('--save')) {
    saveResult(result)
    writePages()
  }
}
