/**
 * All policies at once around the requests of a client: deadlines, retries with a budget, a rate limit, a circuit breaker, a bulkhead
 * and a second request where the first is late. Around the client stands what takes the place of an answer.
 *
 * Run it with `node --conditions=@posthouse/source examples/46-http-policies.ts`; the server is one of its own.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bulkhead, circuitBreaker, fallback, RetryBudget, run } from '@posthouse/core/policy'
import { createHttpClient, type HttpResponse, isHttpError } from '@posthouse/http'

// Fails twice, then is well; later it fails for good.
let asked = 0
let broken = false
const server = createServer((_, response) => {
  asked++
  response.writeHead(broken || asked < 3 ? 503 : 200, { 'content-type': 'application/json' }).end('{"celsius":21}')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

const breaker = circuitBreaker<HttpResponse>({
  consecutive: 4,
  openMs: 60_000,
  byResult: ({ status }) => status === 503,
})
await using client = createHttpClient({
  baseUrl: `http://127.0.0.1:${port}`,
  logging: false,
  timeout: { attempt: 2000, total: 10_000 },
  retry: { attempts: 4, baseMs: 1, budget: new RetryBudget() },
  rateLimit: { requests: 50, perMs: 1000 },
  hedge: { delayMs: 1000 },
  policies: [breaker, bulkhead({ limit: 10 })],
})

const first = await client.get('/weather')
console.log(first.status, 'after', first.attempts, 'attempts') // 200 after 3 attempts

broken = true
// The budget soon allows no further attempts, and after four failures in a row the breaker opens.
for (let n = 0; n < 4; n++) await client.get('/weather').catch(() => undefined)
const before = asked
const refused = await client.get('/weather').catch((error: unknown) => error)
console.log(isHttpError(refused) && refused.code) // circuit_open
console.log('the server was left alone:', asked === before) // the server was left alone: true

const lastKnown = fallback<string>({ use: () => 'the weather of yesterday' })
console.log(await run(lastKnown, async () => (await client.get('/weather')).text())) // the weather of yesterday
server.close()
