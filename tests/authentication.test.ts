import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { HubClient, type StateChange } from '@posthouse/client'
import { ManualClock } from '@posthouse/core'
import { type Authenticate, Hub, type HubOptions, PosthouseError } from '@posthouse/hub'
import { jwt } from '@posthouse/hub/jwt'
import { SignJWT } from 'jose'

const secret = 'a secret of at least thirty-two bytes'

function sign(client: string, lastsSeconds: number): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + lastsSeconds
  return new SignJWT({ sub: client, exp }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
}

async function start(authenticate: Authenticate | ReturnType<typeof jwt>, options: HubOptions = {}) {
  const hub = new Hub({ authenticate, ...options })
  const { url } = await hub.listen({ port: 0 })
  return { hub, url, [Symbol.asyncDispose]: () => hub.close() }
}

/** Resolves when the client comes into a state. */
function entering(client: HubClient, state: StateChange['state']): Promise<StateChange> {
  return new Promise((resolve) => {
    const watcher = client.watch('state', (change) => {
      if (change.state !== state) return
      watcher[Symbol.dispose]()
      resolve(change)
    })
  })
}

suite('a client of a hub with authentication', () => {
  test('gets a new token when the old one has expired, and goes on with its session', async () => {
    const clock = new ManualClock(Date.now())
    await using server = await start(jwt({ secret, clock }), { clock, heartbeatIntervalMs: 3_600_000 })
    let tokens = 0
    const token = (): Promise<string> => sign('ann', tokens++ === 0 ? 60 : 600)
    await using ann = new HubClient({ url: server.url, clientId: 'ann', token })
    await using bob = new HubClient({ url: server.url, clientId: 'bob', token: await sign('bob', 600) })
    await Promise.all([ann.connect(), bob.connect()])
    const waiting = entering(ann, 'waiting')
    const got = ann.messages('text')
    clock.advance(90_000)
    assert.equal((await waiting).error?.code, 'token_expired')
    await bob.send('ann', 'while you were away')
    const { value } = await got[Symbol.asyncIterator]().next()
    assert.equal(value?.body, 'while you were away')
    assert.equal(tokens, 2)
    assert.equal(ann.welcome?.resumed, true)
  })

  for (const kind of ['of one text', 'of a function that knows no other'] as const) {
    test(`that has only an expired token, ${kind}, stops and says so`, async () => {
      await using server = await start(jwt({ secret }))
      const expired = await sign('ann', -60)
      const token = kind === 'of one text' ? expired : () => expired
      await using client = new HubClient({ url: server.url, clientId: 'ann', token })
      await assert.rejects(client.connect({ retry: true }), { code: 'token_expired' })
      assert.equal(client.state, 'closed')
    })
  }

  test('stops where its token proves nothing, or does not open the id', async () => {
    await using server = await start(jwt({ secret }))
    for (const [token, code] of [
      [undefined, 'unauthenticated'],
      ['nonsense', 'unauthenticated'],
      [await sign('bob', 60), 'forbidden'],
    ] as const) {
      await using client = new HubClient({ url: server.url, clientId: 'ann', ...(token !== undefined && { token }) })
      await assert.rejects(client.connect({ retry: true }), { code })
      assert.equal(client.state, 'closed')
    }
  })

  test('comes back by itself where the hub could not find out who it is', async () => {
    let asked = 0
    await using server = await start(async () => {
      if (asked++ === 0) throw new Error('the directory is away')
      return { name: 'ann' }
    })
    await using client = new HubClient({ url: server.url, clientId: 'ann', token: 't' })
    await client.connect({ retry: true })
    assert.equal(asked, 2)
  })

  test('is told when its token is taken back', async () => {
    const valid = new Set(['t'])
    let changed = (): void => undefined
    await using server = await start({
      authenticate: ({ token = '' }) => {
        if (!valid.has(token)) throw new PosthouseError('unauthenticated', 'this hub does not know the token')
        return { name: 'ann' }
      },
      current: (principal) => (valid.has('t') ? principal : undefined),
      onChange: (listener) => {
        changed = listener
        return { [Symbol.dispose]: () => undefined }
      },
    })
    await using client = new HubClient({ url: server.url, clientId: 'ann', token: 't' })
    await client.connect()
    const closed = entering(client, 'closed')
    valid.delete('t')
    changed()
    assert.equal((await closed).error?.code, 'unauthenticated')
  })
})
