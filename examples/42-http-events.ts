/**
 * Server-sent events: a stream that the server ends again and again is followed as one, behind the last event that came.
 *
 * Run it with `node --conditions=@posthouse/source examples/42-http-events.ts`.
 */
import { createHttpClient } from '@posthouse/http'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()
await using client = createHttpClient({ baseUrl: server.url, logging: false, proxy: false })

// Five events, of which each connection gives two; then the server says with 204 that there are no more.
const options = { reconnect: { delayMs: 20 } }
for await (const { id, type, data } of client.events('/sse?total=5&count=2', options)) {
  console.log(id, type, JSON.stringify(data))
}
console.log('connections:', server.seen.length)

// Whoever has seen enough leaves the loop, which ends the connection.
for await (const { data } of client.events('/sse?total=1000')) {
  console.log('only this:', JSON.stringify(data))
  break
}
