/**
 * What a client has measured, and an alarm where it is too slow or fails too often: document 003, "monitoring".
 *
 * Run it with `node --conditions=@posthouse/source examples/36-http-monitoring.ts`; the server is one of its own.
 */
import { createHttpClient } from '@posthouse/http'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()
await using client = createHttpClient({ baseUrl: server.url, metrics: { records: 500 }, logging: false, retry: false })

for (const path of ['/get', '/get', '/get', '/status/500']) await client.get(path)

const { summary } = client.metrics()
console.log(`requests: ${summary.count}, error rate: ${(summary.errorRate * 100).toFixed(1)} %`)
if (summary.averageMs > 2000) console.log(`too slow: ${summary.averageMs.toFixed(0)} ms`)
if (summary.errorRate > 0.1) console.log('too many errors')
for (const [name, { count, p95Ms }] of client.metrics().byUrl()) {
  console.log(`${name.replace(server.url, '')}: ${count}, p95 ${p95Ms < 2000 ? 'fine' : 'slow'}`)
}
