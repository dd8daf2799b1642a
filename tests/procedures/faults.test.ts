import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { CallClient } from '@posthouse/client/calls'
import type { FaultProxy } from '../../packages/client/test/caller/fault-proxy.ts'
import { CallWorld } from './call-world.ts'

type Make = () => Promise<unknown>
/** Has a call made, and something happen to the line while it is under way. */
type Phase = (world: CallWorld, line: FaultProxy, make: Make) => Promise<unknown>

const phases: Readonly<Record<string, Phase>> = {
  'before the connection': async (world, line, make) => {
    await line.close()
    const result = make()
    world.finished.resolve()
    await openAgain(world, line)
    return result
  },
  'while it connects': async (world, line, make) => {
    line.deaf = true
    line.reset()
    const result = make()
    await line.next('up')
    line.deaf = false
    line.reset()
    world.finished.resolve()
    return result
  },
  'before the request arrives': async (world, line, make) => {
    line.strand('up')
    const sent = line.next('up')
    const result = make()
    await sent
    line.reset()
    world.finished.resolve()
    return result
  },
  'while the handler works': async (world, line, make) => {
    const result = make()
    await world.begun.promise
    line.reset()
    world.finished.resolve()
    return result
  },
  'while the handler works, for some time': async (world, line, make) => {
    const result = make()
    await world.begun.promise
    await line.close()
    world.finished.resolve()
    await openAgain(world, line)
    return result
  },
  'before the answer arrives': async (world, line, make) => {
    const result = make()
    await world.begun.promise
    line.strand('down')
    const answered = line.next('down')
    world.finished.resolve()
    await answered
    line.reset()
    return result
  },
  'without anybody noticing': async (world, line, make) => {
    const result = make()
    await world.begun.promise
    line.strand('up', 'down')
    world.finished.resolve()
    return result
  },
  'only as it seems, because it is slow': async (world, line, make) => {
    const result = make()
    await world.begun.promise
    // Longer than a client waits for a sign.
    line.delayMs = 700
    const answered = line.next('down')
    world.finished.resolve()
    await answered
    line.delayMs = 0
    return result
  },
  'after the answer': async (world, line, make) => {
    world.finished.resolve()
    const result = await make()
    line.reset()
    return result
  },
}

/** When the third attempt begins, as two have failed. */
async function openAgain(world: CallWorld, line: FaultProxy): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) await world.nextAttempt()
  await line.open()
}

const kinds = { 'that may be done once only': false, 'that does no harm twice': true }

/** Which doors a client has, and which line is cut. */
const ways = {
  'of the socket, with HTTP beside it': (world: CallWorld) => [world.doors, world.socketLine] as const,
  'of the socket, without another way': (world: CallWorld) =>
    [{ socketUrl: world.doors.socketUrl, reconnectionAttempts: 20 }, world.socketLine] as const,
  'of HTTP': (world: CallWorld) =>
    [{ httpUrl: world.doors.httpUrl, reconnectionAttempts: 20 }, world.httpLine] as const,
}

for (const [way, doorsOf] of Object.entries(ways)) {
  suite(`the connection ${way} is lost`, { concurrency: 4 }, () => {
    for (const [phase, run] of Object.entries(phases)) {
      for (const [kind, idempotent] of Object.entries(kinds)) {
        test(`${phase}: one result of one run, for a call ${kind}`, async () => {
          await using world = await CallWorld.start()
          const [doors, line] = doorsOf(world)
          const client = world.client(doors)
          await client.connect()
          const results: unknown[] = []
          const make = (): Promise<unknown> => client.call('work', 7, { idempotent }).then((each) => results.push(each))
          await run(world, line, make)
          assert.deepEqual(results, [{ worked: 7 }])
          assert.deepEqual(world.executions, [7])
          await assertWorks(client, world)
        })
      }
    }
  })
}

/** Afterwards everything is as before, and nothing comes late. */
async function assertWorks(client: CallClient, { executions }: CallWorld): Promise<void> {
  assert.equal(await client.call('quick', 8), 8)
  assert.deepEqual(executions, [7, 8])
}
