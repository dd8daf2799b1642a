/**
 * Errors with their stacks: of the error, of its causes, and of all that an AggregateError stands for. What document 003
 * shows under "error handling".
 *
 * Run it with `node --conditions=@posthouse/source examples/22-log-exceptions.ts`.
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { logger } from '@posthouse/log'

logger.remove()
logger.add(process.stdout, { format: '{time:HH:mm:ss} | {level: <8} | {message}', level: 'DEBUG' })

class StatusError extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the answer is ${status}`)
    this.status = status
  }
}

async function get(url: string): Promise<void> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  if (!response.ok) throw new StatusError(response.status)
}

async function tryTo(task: () => Promise<unknown>): Promise<void> {
  try {
    await task()
    logger.success('done')
  } catch (error) {
    // What is expected takes a line; what is not is written with its whole stack.
    if (error instanceof StatusError) logger.error(`HTTP error: ${error.status}`)
    else logger.exception(error, 'unknown error')
  }
}

const server = createServer((request, response) => {
  response.statusCode = request.url === '/missing' ? 404 : 200
  response.end()
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const address = server.address()
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

await tryTo(() => get(url))
await tryTo(() => get(`${url}/missing`))
server.close()

// The cause says why: the connection was refused.
await tryTo(() => get(url))

await tryTo(() =>
  Promise.any([Promise.reject(new Error('first mirror')), Promise.reject(new TypeError('second mirror'))]),
)

// An error may come with any level.
logger.opt({ exception: new Error('the cache is cold') }).warning('it goes on without')
