import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryBrokerWire, type Signal } from '@posthouse/core'

const doorbell = (client: string): Signal => ({ kind: 'doorbell', client })

describe('a memory broker wire', () => {
  it('has one broker for each node name', async () => {
    const wire = new MemoryBrokerWire()
    await using _west = wire.connect('west')
    assert.throws(() => wire.connect('west'), { code: 'invalid_option', message: 'node west is on this wire already' })
  })

  it('gives a name away again, and the old broker cannot disturb the new one', async () => {
    const wire = new MemoryBrokerWire()
    await using east = wire.connect('east')
    const old = wire.connect('west')
    await old[Symbol.asyncDispose]()
    await using current = wire.connect('west')
    await old[Symbol.asyncDispose]()
    await assert.rejects(() => old.publish(doorbell('bob')), { code: 'closed' })
    const heard: Signal[] = []
    current.subscribe((signal) => heard.push(signal))
    await east.publish(doorbell('bob'))
    assert.deepEqual(heard, [doorbell('bob')])
  })

  it('keeps the order of a node that publishes again while others still listen', async () => {
    const wire = new MemoryBrokerWire()
    await using west = wire.connect('west')
    await using east = wire.connect('east')
    await using south = wire.connect('south')
    const heard: string[] = []
    east.subscribe((signal) => void (signal.kind === 'doorbell' && east.publish(signal, 'west')))
    west.subscribe(() => void west.publish(doorbell('second'), 'south'))
    south.subscribe((signal) => heard.push(signal.kind === 'doorbell' ? signal.client : signal.kind))
    const done = Promise.withResolvers<void>()
    south.subscribe((signal) => signal.kind === 'doorbell' && signal.client === 'second' && done.resolve())
    await west.publish(doorbell('first'))
    await done.promise
    assert.deepEqual(heard, ['first', 'second'])
  })
})
