import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HubClientOptions } from '@posthouse/client'
import { ManualClock } from '@posthouse/core'
import { nextState, ScriptedHub, type ScriptedPeer, withCode } from './scripted-hub.ts'

/** A client that is online on a clock that stands still. */
async function start(options: HubClientOptions = {}) {
  const hub = await ScriptedHub.start()
  const clock = new ManualClock()
  const { client, peer } = await hub.online({ clock, ...options })
  const dispose = async () => {
    await client.close()
    assert.equal(clock.pending, 0)
    await hub[Symbol.asyncDispose]()
  }
  return { hub, clock, client, peer, [Symbol.asyncDispose]: dispose }
}

suite('reconnecting', () => {
  test('resumes the session from the last processed position', async () => {
    await using started = await start()
    const { hub, clock, client, peer } = started
    client.on('*', () => undefined)
    peer.deliver({ seq: 5 })
    await peer.next('ack')
    const waiting = nextState(client, 'waiting')
    peer.cut()
    await waiting
    clock.advance(250)
    const hello = await (await hub.connection()).welcome({ session: 'session-1' })
    assert.deepEqual(hello.resume, {
      session: 'session-1',
      token: 'token-1',
      positions: { inbox: { epoch: 'e', seq: 5 } },
    })
  })

  test('sends again what was not answered, with the same n, and gets the same answers', async () => {
    await using started = await start()
    const { hub, clock, client, peer } = started
    const sends = ['a', 'b', 'c'].map((body) => client.send('bob', body))
    const written = await peer.text()
    peer.write({ op: 'sent', n: 1, state: 'stored' })
    assert.equal((await sends[0])?.state, 'stored')
    const waiting = nextState(client, 'waiting')
    peer.cut()
    await waiting
    const later = client.send('bob', 'd')
    clock.advance(250)
    const second = await hub.connection()
    await second.welcome({ accepted: 2 })
    const again = JSON.parse(await second.text())
    assert.deepEqual(again.slice(0, 2), JSON.parse(written).slice(1))
    assert.deepEqual(
      again.map(({ n }: { n: number }) => n),
      [2, 3, 4],
    )
    second.write(
      { op: 'sent', n: 2, state: 'duplicate' },
      { op: 'sent', n: 3, error: { code: 'inbox_full', number: 3005, message: 'full', retry: true } },
      { op: 'sent', n: 4, state: 'stored' },
    )
    assert.equal((await sends[1])?.state, 'duplicate')
    await assert.rejects(sends[2] ?? assert.fail(), withCode('inbox_full'))
    assert.equal((await later).state, 'stored')
  })

  test('tells of gaps', async () => {
    await using started = await start()
    const { hub, client, peer } = started
    const gap = new Promise((resolve) => client.watch('gap', resolve))
    const waiting = nextState(client, 'waiting')
    peer.cut()
    await waiting
    client.reconnect()
    const gaps = [{ stream: 'inbox', from: 1, to: 9, reason: 'expired' }] as const
    await (await hub.connection()).welcome({ resumed: true, gaps })
    assert.deepEqual(await gap, gaps[0])
  })

  test('waits longer from time to time, and anew after a connection that has lasted', async () => {
    await using started = await start()
    const { hub, clock, client } = started
    let { peer } = started
    const lose = async (how: (peer: ScriptedPeer) => void): Promise<number | undefined> => {
      const waiting = nextState(client, 'waiting')
      how(peer)
      return (await waiting).waitMs
    }
    for (const waitMs of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      assert.equal(await lose((lost) => lost.cut()), waitMs)
      clock.advance(waitMs)
      peer = await hub.connection()
    }
    for (const [lastedMs, waitMs] of [
      [4999, 10_000],
      [5000, 250],
    ] as const) {
      const online = nextState(client, 'online')
      await peer.welcome()
      await online
      clock.advance(lastedMs)
      assert.equal(await lose((lost) => lost.cut()), waitMs)
      clock.advance(waitMs)
      peer = await hub.connection()
    }
  })

  test('ends the wait when asked to', async () => {
    await using started = await start()
    const { hub, client, peer } = started
    for (const ask of [() => client.reconnect(), () => client.connect()]) {
      const waiting = nextState(client, 'waiting')
      if (client.state === 'online') peer.cut()
      else (await hub.connection()).cut()
      await waiting
      void ask()
      assert.equal(client.state, 'connecting')
    }
    const online = nextState(client, 'online')
    await (await hub.connection()).welcome()
    await online
  })

  test('ends the wait when the network comes back', async () => {
    const target = new EventTarget()
    const scope: { addEventListener?: unknown; removeEventListener?: unknown; performance: unknown } = globalThis
    scope.addEventListener = target.addEventListener.bind(target)
    let removed = 0
    scope.removeEventListener = (...args: Parameters<EventTarget['removeEventListener']>) => {
      removed++
      target.removeEventListener(...args)
    }
    try {
      await using started = await start()
      const { hub, client, peer } = started
      const waiting = nextState(client, 'waiting')
      peer.cut()
      await waiting
      target.dispatchEvent(new Event('online'))
      await (await hub.connection()).next('hello')
      await client.close()
      assert.equal(removed, 1)
    } finally {
      delete scope.addEventListener
      delete scope.removeEventListener
    }
  })

  test('can be switched off: a lost client is idle, and may connect again', async () => {
    await using started = await start({ reconnect: false })
    const { hub, client, peer } = started
    const told = new Promise((resolve) => client.watch('error', ({ code }) => resolve(code)))
    peer.cut()
    assert.equal(await told, 'unreachable')
    assert.equal(client.state, 'idle')
    const connected = client.connect()
    assert.ok((await (await hub.connection()).welcome()).resume)
    await connected
  })

  test('stops after reconnect.attempts failures in a row', async () => {
    await using started = await start({ reconnect: { attempts: 2 } })
    const { hub, clock, client } = started
    let { peer } = started
    for (const waitMs of [250, 500]) {
      const waiting = nextState(client, 'waiting')
      peer.cut()
      await waiting
      clock.advance(waitMs)
      peer = await hub.connection()
    }
    const idle = nextState(client, 'idle')
    peer.cut()
    await idle
    assert.equal(clock.pending, 0)
  })
})

suite('a connection that the hub closes', () => {
  const cases = [
    { code: 4000, does: 'comes back at once', waitMs: 125 },
    { code: 4099, does: 'comes back at once', waitMs: 125 },
    { code: 4100, does: 'backs off and resumes', waitMs: 250 },
    { code: 4103, does: 'backs off and resumes', waitMs: 250 },
    { code: 4199, does: 'backs off and resumes', waitMs: 250 },
    { code: 1000, does: 'backs off and resumes', waitMs: 250 },
    { code: 1001, does: 'backs off and resumes', waitMs: 250 },
    { code: 1011, does: 'backs off and resumes', waitMs: 250 },
    { code: 1012, does: 'backs off and resumes', waitMs: 250 },
    { code: 1013, does: 'backs off and resumes', waitMs: 250 },
    { code: 3999, does: 'backs off and resumes', waitMs: 250 },
    { code: 4500, does: 'backs off and resumes', waitMs: 250 },
    { code: 4200, does: 'comes back without its session', waitMs: 125 },
    { code: 4299, does: 'comes back without its session', waitMs: 125 },
    { code: 4300, does: 'comes back with a new token', waitMs: 125 },
    { code: 4399, does: 'comes back with a new token', waitMs: 125 },
  ] as const
  for (const { code, does, waitMs } of cases) {
    test(`with ${code} ${does}`, async () => {
      let tokens = 0
      await using started = await start({ token: () => `token-${++tokens}` })
      const { hub, clock, client, peer } = started
      const waiting = nextState(client, 'waiting')
      peer.close(code)
      assert.equal((await waiting).waitMs, waitMs)
      clock.advance(waitMs)
      const hello = await (await hub.connection()).welcome()
      assert.equal(hello.resume === undefined, does === 'comes back without its session')
      assert.equal(hello.token, 'token-2')
    })
  }

  for (const [code, name] of [
    [4400, 'malformed_frame'],
    [4401, 'unauthenticated'],
    [4403, 'forbidden'],
    [4409, 'replaced'],
    [4412, 'window_exceeded'],
    [4413, 'frame_too_large'],
    [4499, 'forbidden'],
  ] as const) {
    test(`with ${code} stops the client with ${name}`, async () => {
      await using started = await start()
      const { clock, client, peer } = started
      const told = new Promise<Error>((resolve) => client.watch('error', resolve))
      const pending = assert.rejects(client.send('bob', 'x'), withCode(name))
      await peer.next('send')
      peer.close(code, 'because of this')
      await pending
      const error = await told
      withCode(name)(error as never)
      assert.match(error.message, /because of this/)
      assert.equal(client.state, 'closed')
      assert.equal(clock.pending, 0)
      await assert.rejects(client.connect(), withCode('closed'))
      await assert.rejects(client.send('bob', 'x'), withCode('closed'))
    })
  }

  test('is explained by the error frame before it, where several errors share a code', async () => {
    await using started = await start()
    const { client, peer } = started
    client.watch('error', () => undefined)
    const pending = assert.rejects(client.send('bob', 'x'), withCode('too_deep'))
    await peer.next('send')
    peer.write({ op: 'error', code: 'too_deep', number: 1007, message: 'too deep', retry: false })
    peer.close(4400)
    await pending
  })

  test('rejects connect when it refuses the hello', async () => {
    await using hub = await ScriptedHub.start()
    for (const [code, name, state] of [
      [4410, 'invalid_client_id', 'closed'],
      [4408, 'hello_timeout', 'closed'],
      [4103, 'rate_limited', 'idle'],
      [4000, 'draining', 'idle'],
    ] as const) {
      await using client = hub.client()
      const refused = assert.rejects(client.connect(), withCode(name))
      const peer = await hub.connection()
      await peer.next('hello')
      peer.close(code, 'no')
      await refused
      assert.equal(client.state, state)
    }
  })

  test('stops the client when a new token is refused as well', async () => {
    await using hub = await ScriptedHub.start()
    const clock = new ManualClock()
    await using client = hub.client({ clock, token: () => 'token' })
    const refused = assert.rejects(client.connect(), withCode('unauthenticated'))
    const waiting = nextState(client, 'waiting')
    ;(await hub.connection()).close(4300)
    await waiting
    clock.advance(125)
    ;(await hub.connection()).close(4399)
    await refused
    assert.equal(client.state, 'closed')
  })

  test('after a goaway is left alone for as long as the hub asked', async () => {
    await using started = await start()
    const { clock, client, peer } = started
    const told = new Promise((resolve) => client.watch('goaway', resolve))
    const waiting = nextState(client, 'waiting')
    peer.write({ op: 'goaway', reason: 'moving', reconnectAfterMs: 3000 })
    peer.close(4000)
    assert.deepEqual(await told, { reason: 'moving', reconnectAfterMs: 3000 })
    assert.equal((await waiting).waitMs, 3125)
    clock.advance(3124)
    assert.equal(client.state, 'waiting')
  })

  test('again and again at once is not asked again and again at once', async () => {
    await using started = await start()
    const { hub, clock, client } = started
    let { peer } = started
    for (const waitMs of [125, 500, 1000]) {
      const waiting = nextState(client, 'waiting')
      peer.close(4000)
      assert.equal((await waiting).waitMs, waitMs)
      clock.advance(waitMs)
      peer = await hub.connection()
      await peer.welcome()
    }
  })
})
