import { measure, type Sample, type Timing } from './measure.ts'
import type { Case } from './plan.ts'

/** A case with what each round found. A round that failed has an error instead. */
export interface Result {
  readonly case: Case
  readonly rounds: readonly (Sample | Failure)[]
}

/** A measurement that came to no end. */
export interface Failure {
  readonly failed: string
}

/** How a run goes. */
export interface RunOptions {
  readonly rounds: number
  readonly timing: Timing
  readonly onProgress: (line: string) => void
}

/**
 * Measures every case once in each round, and begins each round with another case, so that a machine that is slower for
 * a while is slower for all.
 */
export async function runRounds(cases: readonly Case[], options: RunOptions): Promise<readonly Result[]> {
  const found = cases.map((): (Sample | Failure)[] => [])
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < cases.length; turn++) {
      const index = (turn + round * stepOf(cases.length, options.rounds)) % cases.length
      const what = cases[index]
      if (what === undefined) continue
      options.onProgress(`round ${round + 1} of ${options.rounds}: ${what.group}, ${what.label}`)
      found[index]?.push(await attempt(what, options.timing))
    }
  }
  return cases.map((what, index) => ({ case: what, rounds: found[index] ?? [] }))
}

/** Spreads the beginnings over the cases. */
function stepOf(cases: number, rounds: number): number {
  return Math.max(1, Math.round(cases / rounds))
}

async function attempt(what: Case, timing: Timing): Promise<Sample | Failure> {
  try {
    return await measure(what, timing)
  } catch (error) {
    return { failed: String(error) }
  }
}
