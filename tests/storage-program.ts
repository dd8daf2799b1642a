/** A client with a storage, for a test that kills it: it says on standard output what happens to it. */
import { HubClient } from '@posthouse/client'
import { sqliteStorage } from '@posthouse/client/sqlite'

const [url = '', path = '', how = ''] = process.argv.slice(2)
const client = new HubClient({ url, clientId: 'bob', storage: sqliteStorage({ path }) })
const say = (line: string): void => void process.stdout.write(`${line}\n`)

client.watch('error', ({ code }) => say(`error ${code}`))
client.on('text', async ({ body }) => {
  say(`handled ${body}`)
  // The parent kills this program here, where the handler is not done.
  if (how === 'before' && body === 'fatal') await new Promise(() => undefined)
})
if (how === 'offline') {
  for (const text of ['one', 'two', 'three']) client.send('alice', text).catch(() => undefined)
  // Later than the storage has them.
  setTimeout(() => say('sent'), 200)
} else {
  await client.connect()
  say('online')
}
setInterval(() => undefined, 1000)
