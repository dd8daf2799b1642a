/** A client with a storage, for a test that kills it: it says on standard output what happens to it. */
import { type ClientStorage, HubClient } from '@posthouse/client'
import { sqliteStorage } from '@posthouse/client/sqlite'

const [url = '', path = '', how = ''] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Says of each message when the storage has it. */
function telling(inner: ClientStorage): ClientStorage {
  return {
    open: async (clientId, window) => {
      const opened = await inner.open(clientId, window)
      return {
        state: opened.state,
        write: async (change) => {
          await opened.write(change)
          if ('put' in change) say('kept')
        },
        close: () => opened.close(),
      }
    },
  }
}

const storage = sqliteStorage({ path })
const client = new HubClient({ url, clientId: 'bob', storage: how === 'offline' ? telling(storage) : storage })

client.watch('error', ({ code }) => say(`error ${code}`))
client.on('text', async ({ body }) => {
  say(`handled ${body}`)
  // The parent kills this program here, where the handler is not done.
  if (how === 'before' && body === 'fatal') await new Promise(() => undefined)
})
if (how === 'offline') {
  for (const text of ['one', 'two', 'three']) client.send('alice', text).catch(() => undefined)
} else {
  await client.connect()
  say('online')
}
setInterval(() => undefined, 1000)
