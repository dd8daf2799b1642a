import { describe, it } from 'node:test'
import { type InboxStore, MemoryBlobStore, MemoryBrokerWire, MemoryInboxStore } from '@posthouse/core'
import {
  blobStoreContract,
  brokerContract,
  changedStore,
  type InboxStoreSettings,
  inboxStoreContract,
} from '@posthouse/core/testing'

describe('the memory inbox store', () => {
  inboxStoreContract(it, (settings) => new MemoryInboxStore(settings))
})

describe('a memory store that outlives its closing', () => {
  const places = new Map<string, InboxStore>()
  const open = (settings: InboxStoreSettings): InboxStore => {
    const known = places.get(settings.place)
    if (known) return known
    const inner = new MemoryInboxStore(settings)
    const lasting = changedStore(inner, { [Symbol.asyncDispose]: async () => undefined })
    places.set(settings.place, lasting)
    return lasting
  }
  // That such a store refuses to be used once it is closed is the one thing that it cannot do.
  const declare = (name: string, body: () => Promise<void>) =>
    name.startsWith('a closed store') ? undefined : it(name, body)
  inboxStoreContract(declare, open, { lasts: true })
})

describe('the memory broker', () => {
  brokerContract(it, (nodes) => {
    const wire = new MemoryBrokerWire()
    return nodes.map((node) => wire.connect(node))
  })
})

describe('the memory blob store', () => {
  blobStoreContract(it, (settings) => new MemoryBlobStore(settings))
})
