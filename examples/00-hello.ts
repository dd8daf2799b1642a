/**
 * The least: a hub, and two programs that say hello to each other.
 *
 * Run it with `node --conditions=@posthouse/source examples/00-hello.ts`.
 */
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'

await using hub = new Hub()
const { url } = await hub.listen({ port: 0 })

await using ann = new HubClient({ url, clientId: 'ann' })
await using ben = new HubClient({ url, clientId: 'ben' })
const answered = Promise.withResolvers<void>()

ben.on('text', async ({ from, body }) => {
  console.log(from, 'says', body) // ann says hello
  await ben.send(from, 'hello to you, too')
})
ann.on('text', ({ from, body }) => {
  console.log(from, 'says', body) // ben says hello to you, too
  answered.resolve()
})

await Promise.all([ann.connect(), ben.connect()])
await ann.send('ben', 'hello')
await answered.promise
