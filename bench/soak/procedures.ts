import { setTimeout } from 'node:timers/promises'
import { procedure } from '@posthouse/rpc'
import { z } from 'zod'

/** What the node of a soak serves. */
export const procedures = {
  add: procedure({ input: z.array(z.number()) }, (numbers) => numbers.reduce((sum, each) => sum + each, 0)),
  /** Answers a second later. */
  slow: procedure({}, async () => setTimeout(1000, 'done')),
}
