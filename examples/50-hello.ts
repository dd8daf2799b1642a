/**
 * The first endpoints of document 001: what a handler returns becomes JSON, whatever it is.
 *
 * Run it with `npx posthouse dev examples/50-hello.ts`, and open http://127.0.0.1:8000/docs or /redoc.
 */
import { createApp } from '@posthouse/web'

export const app = createApp({ title: 'Hello' })

app.get('/', () => ({ Hello: 'World' }))

app.get('/print', () => {
  console.log('Hello')
  return new Set(['Hello'])
})

// The same path by other methods, also the rarer ones.
app.post('/things', () => 'posted')
app.put('/things', () => 'put')
app.patch('/things', () => 'patched')
app.delete('/things', () => 'deleted')
app.options('/things', () => 'options')
app.head('/things', ({ reply }) => void reply.header('x-things', 'none'))
app.trace('/things', () => 'traced')

if (import.meta.main) await app.listen({ port: 8000 })
