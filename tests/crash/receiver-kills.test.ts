import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { Random } from '../simulator/random.ts'
import { MortalHub } from './mortal-hub.ts'
import { MortalReceiver } from './mortal-receiver.ts'

const clientId = 'receiver'

/** A hub on a disk, a sender, and a receiver that can be killed and may remember what it has handled. */
async function startAll({ remembers = false } = {}) {
  const scope = new AsyncDisposableStack()
  const hub = scope.use(await MortalHub.start())
  const memory = remembers ? { path: hub.path('receiver.db') } : {}
  const receiver = scope.use(new MortalReceiver({ url: hub.url, clientId, ...memory }))
  await receiver.begin()
  const sender = scope.use(new HubClient({ url: hub.url, clientId: 'sender', reconnect: { baseMs: 10, capMs: 20 } }))
  await sender.connect()
  return { hub, receiver, sender, [Symbol.asyncDispose]: () => scope.disposeAsync() }
}

/** How many messages lives have said to remember. */
function remembered(lives: readonly (readonly string[])[]): number {
  return lives.flat().filter((line) => line === 'remembers').length
}

/** The numbers of the messages that a life has said this of. */
function numbersIn(lines: readonly string[], opening: string): number[] {
  return lines.filter((line) => line.startsWith(opening)).map((line) => Number(line.slice(opening.length)))
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

  for (const remembers of [false, true]) {
    const again = remembers ? 'not given it again where it remembers what it has handled' : 'given it again'
    test(`after it has handled a message, before the hub knows, is ${again}`, async () => {
      await using all = await startAll({ remembers })
      await all.sender.send(clientId, '1')
      await all.receiver.says('ends 1')
      await all.receiver.settle()
      // It is delivered, and its acknowledgement is never read.
      await all.sender.send(clientId, '2 held')
      await all.receiver.says('begins 2 held')
      all.hub.freeze()
      all.receiver.release()
      await all.receiver.says('ends 2 held')
      if (remembers) await all.receiver.until(() => remembered(all.receiver.lives) === 2)
      await all.receiver.kill()
      await all.hub.kill()
      await all.hub.begin()
      await all.receiver.begin()
      all.receiver.release()
      await all.sender.send(clientId, '3')
      await all.receiver.says('ends 3')
      assert.deepEqual(all.receiver.begun, [['1', '2 held'], remembers ? ['3'] : ['2 held', '3']])
    })
  }

  test('at any moment never handles again what it remembers to have handled', async () => {
    const [random, lives, perLife] = [new Random(11), 8, 40]
    await using all = await startAll({ remembers: true })
    const refused: unknown[] = []
    const newest = (): number => Math.max(-1, ...all.receiver.begun.flat().map(Number))
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
    let [least, most] = [0, 0]
    for (const lines of all.receiver.lives) {
      const [first = least, ...rest] = numbersIn(lines, 'begins ')
      assert.ok(first >= least && first <= most, `a life begins with ${first}, not with ${least} to ${most}`)
      assert.deepEqual(
        rest,
        Array.from(rest, (_, index) => first + index + 1),
        'each once, in order',
      )
      // It may have remembered what it could not say any more.
      least = Math.max(least, first + remembered([lines]))
      most = Math.max(most, first + numbersIn(lines, 'ends ').length)
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
