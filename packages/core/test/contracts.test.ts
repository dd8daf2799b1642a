import { describe, it } from 'node:test'
import { MemoryBrokerWire, MemoryInboxStore } from '@posthouse/core'
import { brokerContract, inboxStoreContract } from '@posthouse/core/testing'

describe('the memory inbox store', () => {
  inboxStoreContract(it, (settings) => new MemoryInboxStore(settings))
})

describe('the memory broker', () => {
  brokerContract(it, (nodes) => {
    const wire = new MemoryBrokerWire()
    return nodes.map((node) => wire.connect(node))
  })
})
