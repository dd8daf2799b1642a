/** A page of a stranger's, as a bundler for browsers reads it. */
import { HubClient } from '@posthouse/client'
import { createCallClient } from '@posthouse/client/calls'
import { indexedDbStorage } from '@posthouse/client/indexeddb'

const url = `ws://${location.host}`
const client = new HubClient({ url, clientId: 'page', storage: indexedDbStorage() })
client.on('text', ({ from, body }) => document.body.append(`${from}: ${body}`))
await client.connect()
const calls = createCallClient({ socketUrl: url })
document.title = String(await calls.call('title.get', {}))
