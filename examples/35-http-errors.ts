/**
 * What can go wrong, told apart by codes: document 003, "error handling".
 *
 * Run it with `node --conditions=@posthouse/source examples/35-http-errors.ts`; the server is one of its own.
 */
import { createHttpClient, isHttpError } from '@posthouse/http'
import { logger } from '@posthouse/log'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()
await using client = createHttpClient({ retry: { attempts: 4, baseMs: 5 }, logging: false })

for (const url of [`${server.url}/get`, `${server.url}/status/404`, 'http://127.0.0.1:1/', 'no address']) {
  try {
    const response = await client.get(url)
    response.raiseForStatus()
    console.log(`answered with ${response.status}`)
  } catch (error) {
    if (!isHttpError(error)) throw error
    if (error.code === 'bad_status') console.log('HTTP error')
    else
      console.log(
        `request error: ${error.code}, attempt ${error.attempt}, status ${error.thirdPartyStatus} of document 004`,
      )
    logger.exception(error, 'the request failed')
  }
}
