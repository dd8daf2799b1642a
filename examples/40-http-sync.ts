/**
 * Requests that wait for their answers, as the synchronous client of document 004: `requests` needs no set-up ("quick use"); a
 * client of one's own takes the retry options ("advanced use"), decides itself what is tried again ("custom retries"), sends what
 * it was set up with ("preset settings"), and has hooks.
 *
 * Run it with `node --conditions=@posthouse/source examples/40-http-sync.ts`.
 */
import { fastkit, isHttpError } from '@posthouse/http'
import { createSyncHttpClient, requests } from '@posthouse/http/sync'
import { startHttpbinApart } from '../tests/httpbin/apart.ts'

// The server has a thread of its own: this one stands still while it waits for an answer.
await using server = await startHttpbinApart()
const { url } = server

const payload = { key: 'value' }
const resp = requests.post(`${url}/post`, { json: payload, headers: { 'x-team': 'post' } })
if (resp.status !== 200) console.error('the request failed')
console.log('posted', resp.json<{ json: typeof payload }>().json)
requests.close()

using client = createSyncHttpClient({
  preset: fastkit,
  baseUrl: url,
  logging: false,
  retry: {
    attempts: 3,
    totalMs: 60_000,
    multiplier: 2,
    capMs: 10_000,
    baseMs: 10,
    retryByResult: (response) => {
      if (response === undefined) return true
      if ([429, 500, 502, 503, 504].includes(response.status)) {
        console.log(`status ${response.status} at attempt ${response.attempts}`)
        return true
      }
      return false
    },
    retryByError: ['connect_failed', 'connection_lost'],
  },
})
const response = client.get('/get', {
  headers: { 'User-Agent': 'My User Agent' },
  params: { param1: 'value1', param2: 'value2' },
})
console.log(response.status, response.json<{ args: object }>().args)
console.log('in the end:', client.get('/status/503').status)
console.log('nobody there:', client.get('http://127.0.0.1:1/').status)

using preset = createSyncHttpClient({
  preset: fastkit,
  timeout: 60_000,
  headers: { 'content-type': 'application/json' },
  logging: false,
})
console.log('preset', preset.post(`${url}/post`, { body: '{"a":1}' }).json<{ json: object }>().json)

using strict = createSyncHttpClient({ baseUrl: url, logging: false, throwOnError: true })
using _ = strict.use({ beforeRequest: (request) => void request.headers.set('authorization', 'Bearer of-a-letter') })
console.log(strict.get('/bearer').json())
try {
  strict.get('/status/404')
} catch (error) {
  if (!isHttpError(error)) throw error
  console.log(error.code, error.thirdPartyStatus)
}
