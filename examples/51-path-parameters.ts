/**
 * Parameters in a path, as in document 001. A fixed path goes before one with a parameter, whichever was declared first.
 *
 * Run it with `npx posthouse dev examples/51-path-parameters.ts`.
 */
import { createApp } from '@posthouse/web'
import { z } from 'zod'

export const app = createApp({ title: 'Path parameters' })

app.get('/{name}', ({ params }) => ({ name: params.name }))

app.get('/me', () => ({ name: 'somebody' }))

// With a schema the text of the path becomes a number, and anything else is answered with 422 and the place of the fault.
const item = {
  params: z.object({ id: z.number().int().positive() }),
  query: z.object({ deep: z.boolean().default(false) }),
}
app.get('/items/:id', item, ({ params, query }) => ({ next: params.id + 1, deep: query.deep }))

if (import.meta.main) await app.listen({ port: 8000 })
