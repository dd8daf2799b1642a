/**
 * Retries, deadlines, the pool and a rate limit, all by hand: document 003, "custom configuration" and "use the connection
 * pool".
 *
 * Run it with `node --conditions=@posthouse/source examples/32-http-configuration.ts`; the server is one of its own.
 */
import { createHttpClient } from '@posthouse/http'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()

await using client = createHttpClient({
  baseUrl: server.url,
  headers: { 'User-Agent': 'MyApp/1.0' },
  // max_retries, backoff_factor, retry_on_status
  retry: { attempts: 6, baseMs: 5, statuses: [500, 502, 503, 504, 429] },
  // TimeoutConfig, in milliseconds
  timeout: { connect: 5000, read: 30_000, write: 30_000, pool: 5000 },
  // PoolConfig
  pool: { maxIdle: 20, maxConnections: 100, idleMs: 5000 },
  // RateLimiter(max_requests=10, time_window=1.0)
  rateLimit: { requests: 10, perMs: 1000 },
  logging: false,
})

const { headers } = await (await client.get('/headers')).json<{ headers: Record<string, string> }>()
console.log(`sent as ${headers['User-Agent']}`)

const failing = await client.get('/status/503')
console.log(`${failing.status} after ${failing.attempts} attempts`)

// What the document recommends for production, which is what a client without options has; here in words.
await using pooled = createHttpClient({
  pool: { maxConnections: 100 }, // max_connections
  timeout: 30_000, // timeout_seconds
  retry: 3, // max_retries
  logging: { level: 'INFO' }, // enable_logging, log_level
  metrics: true, // enable_metrics
})
await Promise.all([1, 2, 3].map((id) => pooled.get(`${server.url}/anything/{id}`, { path: { id } })))
const { count, errorRate } = pooled.metrics().summary
console.log(`${count} requests, error rate ${errorRate}`)
