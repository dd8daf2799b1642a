import assert from 'node:assert/strict'
import type { Broker, Signal } from '../broker.ts'
import type { ContractTest } from './contract-test.ts'
import { sampleEnvelope } from './sample.ts'

/** Opens connected brokers for nodes of these names, in a cluster of their own. The contract closes them. */
export type OpenBrokers = (nodes: readonly string[]) => readonly Broker[] | Promise<readonly Broker[]>

/** Three connected nodes. */
type Cluster = readonly [west: Broker, east: Broker, south: Broker]

type Declare = (name: string, check: (cluster: Cluster) => Promise<void>) => void

/**
 * Declares the tests that every broker must pass.
 * @example
 * brokerContract(test, (nodes) => {
 *   const wire = new MemoryBrokerWire()
 *   return nodes.map((node) => wire.connect(node))
 * })
 */
export function brokerContract(test: ContractTest, open: OpenBrokers): void {
  const declare: Declare = (name, check) => {
    test(name, async () => {
      const [west, east, south] = await open(['west', 'east', 'south'])
      assert.ok(west && east && south, 'one broker for each name')
      await using brokers = new AsyncDisposableStack()
      for (const broker of [west, east, south]) brokers.use(broker)
      await check([west, east, south])
    })
  }
  reaches(declare)
  listens(declare)
  leaves(declare)
}

function reaches(test: Declare): void {
  test('a signal reaches every other node, with the name of the one that sent it', async ([west, east, south]) => {
    const heard = [listen(east), listen(south)]
    await west.publish(doorbell('bob'))
    for (const ear of heard) assert.deepEqual(await ear.first(1), [{ signal: doorbell('bob'), from: 'west' }])
  })

  test('a node does not hear itself', async ([west, east]) => {
    const heard = listen(west)
    await west.publish(doorbell('own'))
    await east.publish(doorbell('other'))
    assert.deepEqual(await heard.first(1), [{ signal: doorbell('other'), from: 'east' }])
  })

  test('a signal for one node is heard by that node only', async ([west, east, south]) => {
    const heard = [listen(east), listen(south)] as const
    await west.publish(doorbell('bob'), 'south')
    await west.publish(doorbell('carol'))
    assert.deepEqual(clients(await heard[0].first(1)), ['carol'])
    assert.deepEqual(clients(await heard[1].first(2)), ['bob', 'carol'])
  })

  test('a signal for a node that is not there is lost without an error', async ([west]) => {
    await west.publish(doorbell('bob'), 'nowhere')
  })

  test('the signals of one node are heard in the order that it sent them in', async ([west, east]) => {
    const heard = listen(east)
    const names = Array.from({ length: 50 }, (_, index) => `c${index}`)
    await Promise.all(names.map((name) => west.publish(doorbell(name))))
    assert.deepEqual(clients(await heard.first(50)), names)
  })

  test('every kind of signal arrives as it was', async ([west, east]) => {
    const heard = listen(east)
    const signals: Signal[] = [
      doorbell('bob'),
      { kind: 'live', envelope: sampleEnvelope({ qos: 0, headers: { trace: 'abc' } }) },
      { kind: 'presence', client: 'bob', node: 'west', online: true, generation: 7 },
    ]
    for (const signal of signals) await west.publish(signal)
    assert.deepEqual(
      (await heard.first(3)).map(({ signal }) => signal),
      signals,
    )
  })
}

function listens(test: Declare): void {
  test('every listener of a node hears a signal once', async ([west, east]) => {
    const heard = [listen(east), listen(east)]
    await west.publish(doorbell('bob'))
    await west.publish(doorbell('carol'))
    for (const ear of heard) assert.deepEqual(clients(await ear.first(2)), ['bob', 'carol'])
  })

  test('a listener that was disposed of hears nothing more', async ([west, east]) => {
    const [short, long] = [listen(east), listen(east)]
    await west.publish(doorbell('bob'))
    await Promise.all([short.first(1), long.first(1)])
    short[Symbol.dispose]()
    await west.publish(doorbell('carol'))
    assert.deepEqual(clients(await long.first(2)), ['bob', 'carol'])
    assert.deepEqual(clients(await short.first(1)), ['bob'])
  })

  test('a listener may publish', async ([west, east]) => {
    const heard = listen(west)
    using _echo = east.subscribe((signal) => void east.publish(signal, 'west'))
    await west.publish(doorbell('bob'))
    assert.deepEqual(await heard.first(1), [{ signal: doorbell('bob'), from: 'east' }])
  })
}

function leaves(test: Declare): void {
  test('a node that has left is not heard and does not disturb the others', async ([west, east, south]) => {
    const heard = listen(south)
    await east[Symbol.asyncDispose]()
    await assert.rejects(() => east.publish(doorbell('bob')), { name: 'PosthouseError', code: 'closed' })
    await west.publish(doorbell('carol'))
    assert.deepEqual(clients(await heard.first(1)), ['carol'])
  })

  test('a broker can be closed twice, and refuses listeners from then on', async ([west]) => {
    await west[Symbol.asyncDispose]()
    await west[Symbol.asyncDispose]()
    assert.throws(() => west.subscribe(() => undefined), { name: 'PosthouseError', code: 'closed' })
  })
}

interface Heard {
  readonly signal: Signal
  readonly from: string
}

interface Ear extends Disposable {
  /** What was heard so far, as soon as it is at least `count` signals. */
  first(count: number): Promise<readonly Heard[]>
}

function listen(broker: Broker): Ear {
  const heard: Heard[] = []
  let wake = Promise.withResolvers<void>()
  const subscription = broker.subscribe((signal, from) => {
    heard.push({ signal, from })
    wake.resolve()
    wake = Promise.withResolvers()
  })
  return {
    first: async (count) => {
      while (heard.length < count) await wake.promise
      return heard
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  }
}

function doorbell(client: string): Signal {
  return { kind: 'doorbell', client }
}

function clients(heard: readonly Heard[]): string[] {
  return heard.map(({ signal }) => (signal.kind === 'doorbell' ? signal.client : signal.kind))
}
