/**
 * The server of document 000: two procedures, and one that answers in items. What they take is checked before they run.
 *
 * Run it with `npx posthouse up --procedures examples/70-procedures.ts`; http://127.0.0.1:9898/docs shows them.
 */
import { procedure } from '@posthouse/rpc'
import { z } from 'zod'

const users = new Map([[7, 'Test User']])

function userOf(id: number): { id: number; name: string } {
  const name = users.get(id)
  if (name === undefined) throw new Error(`there is no user ${id}`)
  return { id, name }
}

export const procedures = {
  user: {
    get: procedure({ input: z.object({ userId: z.number() }), idempotent: true }, ({ userId }) => userOf(userId)),
    update: procedure({ input: z.object({ userId: z.number(), name: z.string() }) }, ({ userId, name }) => {
      users.set(userId, name)
      return userOf(userId)
    }),
  },
  count: procedure({ input: z.object({ to: z.number() }) }, async function* ({ to }) {
    for (let n = 1; n <= to; n++) yield n
  }),
}
