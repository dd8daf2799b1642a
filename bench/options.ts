import { parseArgs } from 'node:util'
import type { BenchmarkName } from './plan.ts'

/** What was asked for. */
export interface Options {
  readonly name: BenchmarkName
  readonly rounds: number
  readonly seconds: number
  /** Only the cases whose group and label hold this. */
  readonly only: string
  readonly profileTo: string | undefined
}

/** Reads the words behind the name of a benchmark. @throws TypeError, RangeError */
export function readOptions(name: BenchmarkName, args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      only: { type: 'string', default: '' },
      profile: { type: 'string' },
    },
  })
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  if (!(rounds >= 1) || !(seconds > 0)) throw new RangeError('--rounds is a number from 1, --seconds one above 0')
  return { name, rounds: Math.floor(rounds), seconds, only: values.only, profileTo: values.profile }
}
