/**
 * Calls between programs: a greenhouse answers questions and reports its temperature for as long as somebody listens. A
 * phone asks, follows the readings, and hears at once what is wrong when a call leads nowhere.
 *
 * Run it with `npm run demo:calls`.
 */
import { HubClient, isPosthouseError, PosthouseError } from '@posthouse/client'
import { Hub } from '@posthouse/hub'

await using hub = new Hub()
const { url } = await hub.listen({ port: 0 })
hub.handle('motto', () => 'letters wait here for their readers')

await using greenhouse = new HubClient({ url, clientId: 'greenhouse', dialect: 'msgpack' })
let open = false

// A handler returns the answer, or a promise of it. What it throws reaches the caller, if it is one of these errors.
greenhouse.handle('window', ({ body, from }) => {
  if (body !== 'open' && body !== 'close') {
    throw new PosthouseError('invalid_body', `a window can be opened or closed, ${from}`)
  }
  open = body === 'open'
  return { open }
})

// The values of a generator are parts of the answer. It goes no faster than the caller's loop, and ends when that is left.
greenhouse.handle('temperature', async function* ({ from }) {
  let celsius = 24
  try {
    for (;;) {
      yield celsius
      celsius += open ? -0.5 : 0.5
    }
  } finally {
    console.log(`greenhouse: ${from} has stopped listening`)
  }
})

// This one would take for ever. The signal says when nobody waits any more.
greenhouse.handle('harvest', ({ signal }) => {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
})
await greenhouse.connect()

await using phone = new HubClient({ url, clientId: 'phone' })
await phone.connect()

console.log('the hub says:', await phone.request('hub', 'motto'))
console.log('the window is', await phone.request('greenhouse', 'window', 'open'))

const readings: unknown[] = []
for await (const celsius of phone.stream('greenhouse', 'temperature')) {
  readings.push(celsius)
  if (readings.length === 5) break
}
console.log('readings:', readings.join(' '))

await tell('a wrong word', phone.request('greenhouse', 'window', 'jump'))
await tell('a method that nobody handles', phone.request('greenhouse', 'music'))
await tell('somebody whom nobody knows', phone.request('henhouse', 'eggs'))
await tell('no answer in time', phone.request('greenhouse', 'harvest', null, { timeoutMs: 200 }))

async function tell(what: string, answer: Promise<unknown>): Promise<void> {
  try {
    console.log(`${what}:`, await answer)
  } catch (error) {
    if (!isPosthouseError(error)) throw error
    console.log(`${what}: ${error.code} (${error.message})`)
  }
}
