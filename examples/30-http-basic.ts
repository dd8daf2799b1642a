/**
 * A client with a base URL that gets and posts JSON: document 003, "basic use".
 *
 * Run it with `node --conditions=@posthouse/source examples/30-http-basic.ts`; the server is one of its own.
 */
import { createHttpClient } from '@posthouse/http'
import { logger } from '@posthouse/log'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()

await using client = createHttpClient({ baseUrl: `${server.url}/anything`, logging: { level: 'INFO', logger } })

const page = await client.get('/users', { params: { page: 1 } })
logger.success(`request succeeded: ${page.status}`)

const created = await client.post('/users', { json: { name: '张三', email: 'zhangsan@example.com' } })
const { json } = await created.json<{ json: { name: string } }>()
logger.info(`user created: ${created.status}`)

console.log(`the server got ${server.seen.join(', ')} for ${json.name}`)
