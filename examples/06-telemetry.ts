/**
 * Telemetry of devices over channels: three sensors publish readings, one as fast as it can and live only. A screen follows all of
 * them by a pattern; another one comes later and gets the last value of each, and what was published before.
 *
 * Run it with `node --conditions=@posthouse/source examples/06-telemetry.ts`.
 */
import { HubClient } from '@posthouse/client'
import { Hub } from '@posthouse/hub'

// Of the readings 100 are kept, for an hour; of the vibrations nothing: who is not there needs none.
await using hub = new Hub({
  channels: [
    { pattern: 'plant.*.vibration', history: false },
    { pattern: 'plant.**', history: { messages: 100, ageMs: 3_600_000 } },
  ],
})
const { url } = await hub.listen({ port: 0 })

await using screen = new HubClient({ url, clientId: 'screen' })
await using device = new HubClient({ url, clientId: 'device', dialect: 'msgpack' })
await Promise.all([screen.connect(), device.connect()])

let vibrations = 0
const seen = Promise.withResolvers<void>()
await screen.subscribe('plant.**', ({ channel, body }) => {
  if (channel.endsWith('vibration')) vibrations++
  else console.log(channel, body) // plant.hall.temperature 22
  if (channel === 'plant.yard.temperature') seen.resolve()
})

// The newest value is retained: who comes later begins with it.
for (const celsius of [20, 21, 22])
  await device.publish('plant.hall.temperature', celsius, { type: 'x-reading', retain: true })
// What is old in a moment is not stored: qos 0 goes to whoever listens now.
for (let n = 0; n < 50; n++) await device.publish('plant.hall.vibration', new Uint8Array([n]), { qos: 0 })
await device.publish('plant.yard.temperature', 9, { type: 'x-reading', retain: true })
await seen.promise
console.log('vibrations:', vibrations) // vibrations: 50

await using later = new HubClient({ url, clientId: 'later' })
await later.connect()
const values = new Map<string, unknown>()
const complete = Promise.withResolvers<void>()
await later.subscribe('plant.*.temperature', ({ channel, body, retained }) => {
  if (retained) values.set(channel, body)
  if (values.size === 2) complete.resolve()
})
await complete.promise
console.log('later sees', values.get('plant.hall.temperature'), values.get('plant.yard.temperature')) // later sees 22 9

const { messages } = await later.history('plant.hall.temperature')
console.log('before that:', ...messages.map(({ body }) => body)) // before that: 20 21 22
