import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock, MemoryInboxStore, silentLogger } from '@posthouse/core'
import fc from 'fast-check'
import { Registry } from '../src/clients/registry.ts'
import { Tally } from '../src/stats/tally.ts'

function emptyRegistry(maxClients: number): Registry {
  const clock = new ManualClock()
  return new Registry({
    store: new MemoryInboxStore({ clock }),
    clock,
    logger: silentLogger,
    tally: new Tally(),
    maxClients,
    acknowledge: () => undefined,
    forget: () => undefined,
    onChange: () => undefined,
    onForget: () => undefined,
  })
}

/** The ids in the order of the registry, and in the order that they should have. */
function orders(registry: Registry): readonly (readonly string[])[] {
  return [registry.sorted().map(({ id }) => id), [...registry.all()].map(({ id }) => id).sort()]
}

test('clients are in the order of their ids, whoever came, went and came again', () => {
  const id = fc.constantFrom('a', 'b', 'B', 'c', 'é', '中', '1')
  const step = fc.tuple(fc.constantFrom('come', 'go', 'look'), id)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const registry = emptyRegistry(100)
      for (const [what, client] of steps) {
        if (what === 'come') registry.known(client)
        else if (what === 'go') registry.forget(registry.known(client))
        else assert.deepEqual(...(orders(registry) as [string[], string[]]))
      }
      assert.deepEqual(...(orders(registry) as [string[], string[]]))
    }),
  )
})

test('clients are in order after very many came and went', () => {
  const registry = emptyRegistry(3000)
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 1500; index++) registry.known(`c${round}-${(index * 7919) % 1500}`)
    registry.sorted()
    for (let index = 0; index < 1200; index++) registry.forget(registry.known(`c${round}-${index}`))
    registry.known(`late ${round}`)
    assert.deepEqual(...(orders(registry) as [string[], string[]]))
  }
})
