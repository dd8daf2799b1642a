/**
 * Requests without a client of one's own: document 003, "the global client".
 *
 * Run it with `node --conditions=@posthouse/source examples/31-http-global.ts`; the server is one of its own.
 */
import { closeGlobalClient, get, post } from '@posthouse/http'
import { logger } from '@posthouse/log'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()

const got = await get(`${server.url}/get`)
logger.success(`GET: ${got.status}`)

const posted = await post(`${server.url}/post`, { json: { key: 'value' } })
logger.success(`POST: ${posted.status}`)

await closeGlobalClient()
console.log(`the server got ${server.seen.join(', ')}`)
