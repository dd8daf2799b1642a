import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { controlFrames, fieldOf, recorded } from './cross-comm-vectors.ts'
import { RawPeer } from './raw-peer.ts'
import { type RunningHub, startHub, startTimelessHub, visit } from './start-hub.ts'

interface Listing {
  readonly clients: readonly {
    readonly client_id: string
    readonly status: string
    readonly last_heartbeat: number
    readonly login_time: number
  }[]
  readonly total_count: number
  readonly only_show_online: boolean
}

/** Sends a question and reads the list out of its answer. */
async function ask(client: CrossCommClient, question: string): Promise<Listing> {
  client.send(question)
  const { msg_type, content } = await client.next()
  assert.equal(msg_type, 'list_clients_response')
  return JSON.parse(String(content))
}

/** A hub with alice on v1, bob gone, and old on cross_comm. */
async function populated(): Promise<RunningHub & { readonly old: CrossCommClient; readonly alice: RawPeer }> {
  const server = await startHub()
  const alice = await RawPeer.login(server.url, 'alice')
  await visit(server, 'bob')
  return { ...server, alice, old: await CrossCommClient.login(server.url, 'old') }
}

suite('list_clients', () => {
  for (const { name, text } of controlFrames('list_clients')) {
    test(`${name} is answered, also without a login`, async () => {
      await using server = await populated()
      const id = fieldOf(text, 'from_client_id')
      await using stranger = await CrossCommClient.open(server.url, id)
      const only = name.includes('online')
      const { clients, total_count, only_show_online } = await ask(stranger, text)
      const expected = only ? ['alice', 'old'] : ['alice', 'bob', 'old']
      assert.deepEqual(
        [clients.map(({ client_id }) => client_id), total_count, only_show_online],
        [expected, expected.length, only],
      )
      assert.deepEqual(
        clients.map(({ status }) => status),
        expected.map((client) => (client === 'bob' ? 'offline' : 'online')),
      )
    })
  }

  test('asks for everyone unless its content says clearly that it does not', async () => {
    await using server = await populated()
    const contents: readonly (readonly [content: unknown, only: boolean])[] = [
      [{ only_show_online: true }, true],
      ['{"only_show_online": true}', true],
      [{ only_show_online: false }, false],
      [{}, false],
      ['{}', false],
      ['', false],
      ['garbage', false],
      ['[true]', false],
      [[1], false],
      [null, false],
      [7, false],
    ]
    for (const [content, only] of contents) {
      const answer = await ask(server.old, crossComm('list_clients', 'old', 'server', { content }))
      assert.equal(answer.only_show_online, only, JSON.stringify(content))
      assert.equal(answer.total_count, only ? 2 : 3)
    }
  })

  test('is answered as the original server spells it', async () => {
    await using server = await populated()
    server.old.send(crossComm('list_clients', 'old', 'server', { content: '{"only_show_online": true}' }))
    const text = await server.old.nextText()
    const original = recorded.frames.find(({ name }) => name === 'list_clients_response_online')?.text ?? ''
    const shape = (frame: string): string =>
      frame
        .replace(/"msg_id": "[^"]*"/, '')
        .replaceAll(/\d+\.\d+/g, '0.0')
        .replaceAll(/alice|bob|old/g, 'x')
    assert.equal(shape(text), shape(original))
  })

  test('tells the truth about routing: who has logged out or fallen silent is offline', async () => {
    await using server = await startTimelessHub()
    await using old = await CrossCommClient.login(server.url, 'old')
    await using gone = await CrossCommClient.login(server.url, 'gone')
    gone.logout()
    await gone.settled()
    await using _silent = await CrossCommClient.login(server.url, 'silent', { autoPong: false })
    const since = server.clock.now()
    server.clock.advance(40_000)
    await old.settled()
    server.clock.advance(25_000)
    const { clients } = await ask(old, crossComm('list_clients', 'old', 'server'))
    assert.deepEqual(clients, [
      { client_id: 'gone', status: 'offline', last_heartbeat: since / 1000, login_time: since / 1000 },
      { client_id: 'old', status: 'online', last_heartbeat: server.clock.now() / 1000, login_time: since / 1000 },
      { client_id: 'silent', status: 'offline', last_heartbeat: since / 1000, login_time: since / 1000 },
    ])
  })

  test('is cut to what fits into a frame, and that is logged', async () => {
    await using server = await startHub({ quotas: { idsPerConnection: false } })
    await using old = await CrossCommClient.login(server.url, 'old')
    for (let index = 0; index < 4000; index++) old.send(crossComm('login', `${index}${'设'.repeat(100)}`, ''))
    for (let index = 0; index < 4000; index++) await old.next()
    old.send(crossComm('list_clients', 'old', 'server'))
    const text = await old.nextText()
    assert.ok(Buffer.byteLength(text) <= 1_048_576)
    const { clients, total_count }: Listing = JSON.parse(JSON.parse(text).content)
    assert.equal(total_count, clients.length)
    assert.ok(clients.length > 2000 && clients.length < 4001, `${clients.length}`)
    assert.equal((await server.log.line('was cut')).fields.of, 4001)
  })

  test('a forged answer or login_response goes nowhere', async () => {
    await using server = await populated()
    await using bob = await CrossCommClient.login(server.url, 'victim')
    for (const type of ['list_clients_response', 'login_response']) {
      server.old.send(crossComm(type, 'server', 'victim', { content: '{}' }))
      assert.equal((await server.log.code('unexpected_frame')).level, 'warn')
    }
    assert.deepEqual(await bob.settled(), [])
  })
})
