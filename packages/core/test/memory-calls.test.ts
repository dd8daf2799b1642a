import { describe, it } from 'node:test'
import { MemoryCallStore } from '@posthouse/core'
import { callStoreContract } from '@posthouse/core/testing'

describe('the memory store of calls', () => {
  callStoreContract(it, (settings) => new MemoryCallStore(settings))
})
