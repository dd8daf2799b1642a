/**
 * The interceptors that are built in, and one of one's own that authenticates: document 003, "the interceptor system".
 *
 * Run it with `node --conditions=@posthouse/source examples/33-http-interceptors.ts`; the server is one of its own.
 */
import { createHttpClient, type HttpInterceptor, logging, metrics } from '@posthouse/http'
import { logger } from '@posthouse/log'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()

function authentication(apiKey: string): HttpInterceptor {
  return {
    beforeRequest: (request) => {
      request.headers.set('Authorization', `Bearer ${apiKey}`)
      logger.debug('the authentication was added')
    },
    afterResponse: (response) => {
      if (response.status === 401) logger.warning('not authenticated; the token must be renewed')
    },
    onError: (error) => {
      logger.error(`request failed: ${error.message}`)
    },
  }
}

await using client = createHttpClient({
  baseUrl: server.url,
  interceptors: [metrics(), logging({ level: 'DEBUG', logger }), authentication('your-api-key')],
})

const { headers } = await (await client.get('/headers')).json<{ headers: Record<string, string> }>()
console.log(`the server got ${headers.Authorization}`)
await client.get('/status/401')

for (const { method, url, status } of client.metrics().records) console.log(method, url.replace(server.url, ''), status)
