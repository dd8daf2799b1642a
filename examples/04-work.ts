/**
 * A queue and a channel: a shop sends orders to a queue, two bakers work it off, and whoever likes follows the news of the
 * oven. One baker burns a cake; the order comes again.
 *
 * Run it with `npm run demo:work`.
 */
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'

await using hub = new Hub()
const { url } = await hub.listen({ port: 0 })
await using shop = new HubClient({ url, clientId: 'shop' })
await using anna = new HubClient({ url, clientId: 'anna' })
await using bert = new HubClient({ url, clientId: 'bert' })
await Promise.all([shop.connect(), anna.connect(), bert.connect()])

// Orders wait in the queue while nobody works for it. The urgent one comes first.
const cakes = ['apple cake', 'cheese cake', 'carrot cake', 'birthday cake']
for (const cake of cakes) await shop.send('queue:orders', cake, { priority: cake === 'birthday cake' ? 9 : 4 })

const { promise: allBaked, resolve } = Promise.withResolvers<void>()
let baked = 0
// The pattern means every oven; what is retained comes to those who subscribe later, too.
await shop.subscribe('oven.*', ({ channel, body }) => {
  console.log(`${channel}: ${body}`)
  if (String(body).startsWith('baked')) baked++
  if (baked === cakes.length) resolve()
})

// What a failed handler leaves behind is told to `error` watchers, and its message comes again, to any of the workers.
for (const baker of [anna, bert]) {
  baker.watch('error', ({ message }) => console.log(message))
  await baker.work('orders', async ({ body, attempt }) => {
    if (body === 'cheese cake' && attempt === 1) throw new Error('it is burnt')
    await baker.publish(`oven.${baker.clientId}`, `baked the ${body}`, { retain: true })
  })
}
await allBaked

const { messages } = await shop.history('oven.anna')
console.log(`anna has baked ${messages.length} of ${cakes.length}`)
