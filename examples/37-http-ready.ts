/**
 * A client that is ready as it is, and one with settings of its own: document 004, "quick use" and "preset settings".
 *
 * Run it with `node --conditions=@posthouse/source examples/37-http-ready.ts`; the server is one of its own.
 */
import { aiorequests, createHttpClient, fastkit } from '@posthouse/http'
import { logger } from '@posthouse/log'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()

const response = await aiorequests.post(`${server.url}/post`, {
  json: { key: 'value' },
  headers: { 'X-Request-Id': 'example-37' },
})
if (response.status !== 200) logger.error('the request failed')
console.log(`aiorequests: ${response.status}, ${response.request.id}`)
await aiorequests.close()

await using client = createHttpClient({
  preset: fastkit,
  timeout: 60_000,
  headers: { 'content-type': 'application/json' },
  logging: { level: 'WARNING', logger },
})
const posted = await (await client.post(`${server.url}/post`, { body: '{"a":1}' })).json<{ json: unknown }>()
console.log(`preset: ${JSON.stringify(posted.json)}`)

// Nothing is thrown: the failure is a response, with a status that no server sends.
const failed = await client.get('http://127.0.0.1:1/', { retry: false })
console.log(`failed: ${failed.status}`)
