import { HubClient } from '@posthouse/client'

// Ends by itself only if the closed client leaves nothing open.
const client = new HubClient({ url: process.argv[2] ?? '' })
client.on('*', () => undefined)
await client.connect()
await client.close()
