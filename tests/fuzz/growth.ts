import { problemOf } from './fuzzing.ts'
import type { GrowthFamily } from './growth-families.ts'
import type { Target } from './targets.ts'

const smallBytes = 16_384
/** How many times as large the larger input is. */
export const growth = 8
/** Eight times the input may take so many times as long: linear work with room for noise, far from eight squared. */
export const mostTimes = 20
/** What takes less than this for the larger input is not worth measuring, in milliseconds. */
const floorMs = 16

/** How many times as long the larger input takes; measured again where something else may have been in the way. */
export function growthOf(family: GrowthFamily, target: Target): number {
  const small = family.make(smallBytes)
  const large = family.make(smallBytes * growth)
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 4 && least > mostTimes; attempt++) {
    // Whatever else a single run meets makes it longer.
    if (runMs(target, large) < floorMs) return 1
    // As many bytes as the large one: some systems count the time of a thread in steps of 4 ms, and see nothing of less.
    const smallMs = medianMs(target, small, growth) / growth
    least = Math.min(least, medianMs(target, large, 1) / Math.max(floorMs / growth ** 2, smallMs))
  }
  return Math.round(least)
}

/** The time of so many runs one after the other, the median of three such rows. */
function medianMs(target: Target, input: Uint8Array, inRow: number): number {
  const times = Array.from({ length: 3 }, () => {
    let ms = 0
    for (let run = 0; run < inRow; run++) ms += runMs(target, input)
    return ms
  })
  return times.sort((a, b) => a - b)[1] ?? 0
}

/** The time of one run: that of this thread alone, so that what else the machine does is not counted. */
function runMs(target: Target, input: Uint8Array): number {
  const before = process.threadCpuUsage()
  const problem = problemOf(target, input, false)
  const { user, system } = process.threadCpuUsage(before)
  if (problem !== undefined) throw new Error(`${target.name}: ${problem}`)
  return (user + system) / 1000
}
