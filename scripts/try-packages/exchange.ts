/** A program of a stranger's: it is told where a hub is, sends itself a message, and prints what came. */
import { HubClient } from '@posthouse/client'

const [, , url = ''] = process.argv
await using bob = new HubClient({ url, clientId: 'bob' })
const messages = bob.messages('text')
await bob.connect()
await using alice = new HubClient({ url, clientId: 'alice' })
await alice.connect()
await alice.send('bob', 'hello from a package')
for await (const { from, body } of messages) {
  console.log(`${from}: ${body}`)
  break
}
