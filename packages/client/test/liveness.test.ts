import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { nextState, ScriptedHub } from './scripted-hub.ts'

suite('liveness', () => {
  test('a hub that is silent for its heartbeat and 10 s is left, and sought again', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await hub.online({ clock }, { heartbeatMs: 20_000 })
    const { client, peer } = online
    clock.advance(29_999)
    assert.equal(client.state, 'online')
    const waiting = nextState(client, 'waiting')
    clock.advance(1)
    await waiting
    assert.equal((await peer.closed).code, 4102)
    clock.advance(250)
    await (await hub.connection()).welcome()
  })

  test('any frame counts, and there is one timer', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await hub.online({ clock }, { heartbeatMs: 20_000 })
    const { client, peer } = online
    for (let round = 0; round < 3; round++) {
      clock.advance(25_000)
      peer.write({ op: 'ping' })
      await peer.next('pong')
      assert.equal(clock.pending, 1)
    }
    assert.equal(client.state, 'online')
    const waiting = nextState(client, 'waiting')
    clock.advance(30_000)
    await waiting
  })

  test('who wants to notice silence earlier asks for signs of life', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using online = await hub.online({ clock, heartbeatTimeoutMs: 4000 })
    const { client, peer } = online
    for (let round = 0; round < 3; round++) {
      clock.advance(2000)
      assert.equal((await peer.next('ping')).op, 'ping')
      peer.write({ op: 'pong' }, { op: 'ping' })
      await peer.next('pong')
    }
    const waiting = nextState(client, 'waiting')
    clock.advance(4000)
    await waiting
  })
})
