/**
 * Somebody who is away: messages wait in a database, also while the hub itself is gone, and the sender is told when they have
 * arrived. What would be of no use later is refused, or ends with its time.
 *
 * Run it with `node --conditions=@posthouse/source examples/07-offline-inbox.ts`.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'
import { openSqliteStore } from '@posthouse/store/sqlite'

const folder = await mkdtemp(join(tmpdir(), 'posthouse-example-'))
const path = join(folder, 'posthouse.db')

{
  await using store = await openSqliteStore({ path })
  await using hub = new Hub({ store })
  const { url } = await hub.listen({ port: 0 })
  // A client is known from its first login on; now it goes away.
  await using phone = new HubClient({ url, clientId: 'phone' })
  await phone.connect()
  await phone.close()

  await using shop = new HubClient({ url, clientId: 'shop' })
  await shop.connect()
  await shop.send('phone', 'your parcel is here', { receipts: true })
  await shop.send('phone', 'the shop is open for a moment', { ttlMs: 1 })
  await shop.send('phone', 'are you there?', { whenOffline: 'error' }).catch(({ code }) => console.log(code)) // offline
  await shop.drain()
}
console.log('the hub is gone') // the hub is gone

{
  await using store = await openSqliteStore({ path })
  await using hub = new Hub({ store })
  const { url } = await hub.listen({ port: 0 })
  await using shop = new HubClient({ url, clientId: 'shop' })
  await using phone = new HubClient({ url, clientId: 'phone' })
  const told = Promise.withResolvers<void>()
  shop.watch('receipt', ({ state, by }) => {
    if (state === 'delivered') console.log('delivered to', by) // delivered to phone
    if (state === 'delivered') told.resolve()
  })
  phone.on('text', ({ body }) => console.log('the phone reads:', body)) // the phone reads: your parcel is here
  await shop.connect()
  await phone.connect()
  await told.promise
}
await rm(folder, { recursive: true })
