/**
 * Many requests at once over few connections: document 003, "concurrent requests".
 *
 * Run it with `node --conditions=@posthouse/source examples/34-http-concurrency.ts`; the server is one of its own.
 */
import { createHttpClient } from '@posthouse/http'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()
await using client = createHttpClient({
  baseUrl: server.url,
  pool: { maxConnections: 20 },
  logging: { level: 'CRITICAL' },
  throwOnError: true,
})

const paths = Array.from({ length: 10 }, (_, number) => (number === 7 ? '/status/404' : `/anything/data/${number}`))
const outcomes = await Promise.allSettled(paths.map((path) => client.get(path)))

const succeeded = outcomes.filter(({ status }) => status === 'fulfilled').length
console.log(`succeeded: ${succeeded}, failed: ${outcomes.length - succeeded}`)
