import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Random } from '../simulator/random.ts'
import { MortalHub } from './mortal-hub.ts'
import { MortalReceiver } from './mortal-receiver.ts'

const clientId = 'receiver'

/** A hub on a disk, a sender, and a receiver that can be killed. */
async function startAll() {
  const scope = new AsyncDisposableStack()
  const hub = scope.use(await MortalHub.start())
  const receiver = scope.use(new MortalReceiver(hub.url, clientId))
  await receiver.begin()
  const sender = scope.use(new HubClient({ url: hub.url, clientId: 'sender', reconnect: { baseMs: 10, capMs: 20 } }))
  await sender.connect()
  return { hub, receiver, sender, [Symbol.asyncDispose]: () => scope.disposeAsync() }
}

suite('a receiver that is killed', () => {
  test('before it has acknowledged a message is given it again, and those before not', async () => {
    await using all = await startAll()
    for (const text of ['1', '2', '3']) await all.sender.send(clientId, text)
    await all.receiver.says('ends 3')
    await all.receiver.settle()
    await all.sender.send(clientId, '4 stuck')
    await all.sender.send(clientId, '5')
    await all.receiver.says('begins 4 stuck')
    await all.receiver.kill()
    await all.receiver.begin()
    await all.receiver.says('begins 4 stuck')
    assert.deepEqual(all.receiver.begun, [['1', '2', '3', '4 stuck'], ['4 stuck']])
  })

  test('after it has acknowledged a message is not given it again, whether the hub is killed meanwhile or not', async () => {
    for (const hubToo of [false, true]) {
      await using all = await startAll()
      await all.sender.send(clientId, '1')
      await all.receiver.says('ends 1')
      await all.receiver.settle()
      await all.receiver.kill()
      if (hubToo) {
        await all.hub.kill()
        await all.hub.begin()
      }
      await all.sender.send(clientId, '2')
      await all.receiver.begin()
      await all.receiver.says('ends 2')
      assert.deepEqual(all.receiver.begun, [['1'], ['2']])
    }
  })

  test('at any moment handles everything in order, and again at most what it had not acknowledged', async () => {
    const [random, lives, perLife] = [new Random(7), 12, 50]
    await using all = await startAll()
    const newest = (): number => Math.max(-1, ...all.receiver.begun.flat().map(Number))
    const refused: unknown[] = []
    for (let life = 0; life < lives; life++) {
      for (let number = life * perLife; number < (life + 1) * perLife; number++) {
        all.sender.send(clientId, `${number}`).catch((error: unknown) => refused.push(error))
      }
      const goal = newest() + 1 + random.below((life + 1) * perLife - 1 - newest())
      await all.receiver.until(() => newest() >= goal || refused.length > 0)
      await all.receiver.kill()
      await all.receiver.begin()
    }
    await all.receiver.until(() => newest() === lives * perLife - 1 || refused.length > 0)
    assert.deepEqual(refused, [])
    let due = 0
    for (const numbers of all.receiver.begun.map((life) => life.map(Number))) {
      const [first = due] = numbers
      assert.ok(first <= due, `a life begins with ${first} although ${due} is due`)
      assert.deepEqual(
        numbers,
        Array.from(numbers, (_, index) => first + index),
        'each once, in order',
      )
      due = Math.max(due, first + numbers.length)
    }
  })
})
