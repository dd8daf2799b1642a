/**
 * Retries by number, time and wait, and by what came back: document 004, "advanced use" and "custom retries".
 *
 * Run it with `node --conditions=@posthouse/source examples/38-http-retry.ts`; the server is one of its own.
 */
import { createHttpClient, fastkit, type HttpResponse } from '@posthouse/http'
import { logger } from '@posthouse/log'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()

function retryByResult(response: HttpResponse | undefined): boolean {
  if (response === undefined) {
    logger.warning('the request failed and gave no result; it is tried again')
    return true
  }
  if (![429, 500, 502, 503, 504].includes(response.status)) return false
  logger.warning(`status ${response.status}, log id ${response.headers.get('x-request-id', 'null')}; it is tried again`)
  return true
}

await using client = createHttpClient({
  preset: fastkit,
  logging: false,
  retry: {
    attempts: 3, // stop_max_attempt_number
    totalMs: 60_000, // stop_max_delay, 60 s
    baseMs: 2, // 2 s, 4 s, 8 s in the document; here in milliseconds
    multiplier: 2, // wait_exponential_multiplier
    capMs: 10_000, // wait_exponential_max, 10 s
    retryByResult, // retry_by_result
    retryByError: ['bad_response', 'connect_failed', 'connection_lost'], // retry_by_except
  },
})

const headers = { 'User-Agent': 'My User Agent' }
const response = await client.get(`${server.url}/get`, { headers, params: { param1: 'value1', param2: 'value2' } })
const { args } = await response.json<{ args: unknown }>()
console.log(`${response.status} ${JSON.stringify(args)}`)

const posted = await client.post(`${server.url}/post`, { json: { key: 'value' } })
console.log(`${posted.status} after ${posted.attempts}`)

const failed = await client.get(`${server.url}/status/503`)
console.log(`${failed.status} after ${failed.attempts}`)
console.log(`${(await client.get('http://127.0.0.1:1/')).attempts} attempts without a server`)
