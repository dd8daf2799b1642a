import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { type Frame, RawPeer, resume } from './raw-peer.ts'
import { noticed, type RunningHub, startHub, startTimelessHub, visit } from './start-hub.ts'

/** The clients in a presence or list frame. */
function clientsOf(frame: Frame): readonly Frame[] {
  return frame.clients as readonly Frame[]
}

/** Ids and whether they are online. */
function states(frame: Frame): unknown {
  return clientsOf(frame).map(({ client, online }) => [client, online])
}

/** Makes that many clients be there, on one connection. */
async function crowd(server: RunningHub, size: number): Promise<CrossCommClient> {
  const client = await CrossCommClient.open(server.url, 'c0')
  for (let start = 0; start < size; start += 500) {
    for (let index = start; index < start + 500; index++) client.send(crossComm('login', `c${index}`, ''))
    for (let index = start; index < start + 500; index++) await client.next()
  }
  return client
}

suite('presence', () => {
  test('is a snapshot first, then changes, in every dialect', async () => {
    await using server = await startTimelessHub()
    const now = server.clock.now()
    await using alice = await RawPeer.login(server.url, 'alice', { dialect: 'msgpack' })
    await using _carol = await CrossCommClient.login(server.url, 'carol')
    alice.send({ op: 'presence', watch: true })
    const base = { online: true, generation: now, since: now, lastSeen: now, node: 'test-node' }
    assert.deepEqual(await alice.next('presence'), {
      op: 'presence',
      full: true,
      clients: [
        { client: 'alice', ...base, dialect: 'msgpack' },
        { client: 'carol', ...base, dialect: 'cross_comm' },
      ],
    })
    server.clock.advance(100)
    const bob = await RawPeer.login(server.url, 'bob')
    const came = await alice.next('presence')
    const bobThere = { client: 'bob', online: true, generation: now + 100, lastSeen: now + 100, node: 'test-node' }
    const clientsThen = [{ ...bobThere, since: now + 100, dialect: 'json' }]
    assert.deepEqual(came, { op: 'presence', full: false, clients: clientsThen })
    server.clock.advance(100)
    await bob.cut()
    const { clients } = await alice.next('presence')
    assert.deepEqual(clients, [{ ...bobThere, online: false, lastSeen: now + 200 }])
  })

  test('is over when the client no longer wants it', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'presence', watch: true }, { op: 'presence', watch: false })
    await alice.next('presence')
    await visit(server, 'bob')
    assert.deepEqual(await alice.settled(), [])
  })

  test('is told in full again when the session is resumed, but not to a new session', async () => {
    await using server = await startHub()
    const [first, welcome] = await RawPeer.welcomed(server.url, 'alice')
    first.send({ op: 'presence', watch: true })
    await first.next('presence')
    await first.cut()
    await using _bob = await RawPeer.login(server.url, 'bob')
    const second = await RawPeer.login(server.url, 'alice', { hello: resume(welcome) })
    const snapshot = await second.next('presence')
    assert.equal(snapshot.full, true)
    assert.deepEqual(states(snapshot), [
      ['alice', true],
      ['bob', true],
    ])
    await using third = await RawPeer.login(server.url, 'alice')
    await visit(server, 'carol')
    assert.deepEqual(await third.settled(), [])
  })

  test('gathers what happens in one moment, and comes in pages of a thousand', async () => {
    await using server = await startHub({ quotas: { idsPerConnection: false } })
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'presence', watch: true })
    await alice.next('presence')
    await using crowd = await CrossCommClient.open(server.url, 'c0')
    for (let index = 0; index < 1500; index++) crowd.send(crossComm('login', `c${index}`, ''))
    let seen = 0
    while (seen < 1500) seen += clientsOf(await alice.next('presence')).length
    await using late = await RawPeer.login(server.url, 'late')
    late.send({ op: 'presence', watch: true })
    const pages = [await late.next('presence'), await late.next('presence')]
    assert.deepEqual(
      pages.map((page) => [page.full, clientsOf(page).length]),
      [
        [true, 1000],
        [false, 502],
      ],
    )
  })
})

suite('list', () => {
  test('shows those that are online, or everyone, by id', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await visit(server, 'bob')
    await using _carol = await CrossCommClient.login(server.url, 'carol')
    alice.send(
      { op: 'list', id: 'q1' },
      { op: 'list', id: 'q2', online: false },
      { op: 'list', id: 'q3', online: true },
    )
    const answers = [await alice.next('list'), await alice.next('list'), await alice.next('list')]
    assert.deepEqual(
      answers.map(({ id, more }) => [id, more]),
      [
        ['q1', undefined],
        ['q2', undefined],
        ['q3', undefined],
      ],
    )
    const online = [
      ['alice', true],
      ['carol', true],
    ]
    const everyone = [online[0], ['bob', false], online[1]]
    assert.deepEqual(answers.map(states), [online, everyone, online])
    assert.deepEqual(server.hub.onlineClients(), ['alice', 'carol'])
    assert.equal(server.hub.clients({ online: false }).length, 3)
  })

  test('is as long as it takes: an answer above the send queue comes as fast as it is read', async () => {
    await using server = await startHub({
      quotas: { idsPerConnection: false },
      sendQueue: { softBytes: 50_000, hardBytes: 400_000 },
    })
    await using _crowd = await crowd(server, 6000)
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.send({ op: 'list', id: 'q' }, { op: 'presence', watch: true }, { op: 'list', id: 'r' })
    const frames: Frame[] = []
    while (frames.length < 21) frames.push(await alice.frames.take())
    const pages = (id?: string): readonly Frame[] => frames.filter((frame) => frame.id === id)
    for (const id of ['q', undefined, 'r']) {
      assert.deepEqual(
        pages(id).map((frame) => clientsOf(frame).length),
        [...Array(6).fill(1000), 1],
      )
    }
    assert.deepEqual(
      pages('q').map(({ more }) => more),
      [...Array(6).fill(true), undefined],
    )
    assert.deepEqual(
      pages().map(({ full }) => full),
      [true, ...Array(6).fill(false)],
    )
    assert.deepEqual([...pages('q'), ...pages(), ...pages('r')], frames)
  })

  test('asked for again and again by a client that does not read closes with 4101', async () => {
    await using server = await startHub({
      quotas: { idsPerConnection: false },
      sendQueue: { softBytes: 100, hardBytes: 200_000 },
    })
    await using _crowd = await crowd(server, 1500)
    await using alice = await RawPeer.login(server.url, 'alice')
    alice.raw.stall()
    for (let sent = 0; sent < 200; sent++) alice.send({ op: 'list', id: `q${sent}` })
    assert.equal((await server.log.code('slow_consumer')).fields.client, 'alice')
  })

  test('asked for far too often is refused, by list and by presence, until time has passed', async () => {
    await using server = await startTimelessHub({ quotas: { idsPerConnection: false } })
    await using crowded = await crowd(server, 1000)
    await using alice = await RawPeer.login(server.url, 'alice')
    const asked = Array.from({ length: 210 }, (_, index) => ({ op: 'list', id: `q${index}`, online: true }))
    const answers: (Frame | undefined)[] = []
    for (const question of asked) {
      alice.send(question)
      answers.push((await alice.settled())[0])
    }
    const refusals = answers.filter((frame) => frame?.op === 'error')
    assert.equal(refusals.length, 210 - 200)
    assert.deepEqual([refusals[0]?.code, refusals[0]?.about], ['rate_limited', { op: 'list', id: 'q200' }])
    alice.send({ op: 'presence', watch: true })
    const refused = await alice.next('error')
    assert.deepEqual([refused.code, refused.about], ['rate_limited', { op: 'presence' }])
    server.clock.advance(1000)
    alice.send({ op: 'presence', watch: true })
    assert.equal((await alice.next('presence')).full, true)

    const question = (): void => crowded.send(crossComm('list_clients', 'c0', 'server', { content: '{}' }))
    for (let asked = 0; asked < 200; asked++) {
      question()
      assert.match(await crowded.nextText(), /list_clients_response/)
    }
    question()
    assert.equal((await server.log.code('rate_limited')).message, 'a cross_comm message was dropped')
  })

  test('forgets those longest away where more are known than may be, never one that is connecting', async () => {
    await using server = await startHub({ maxClients: 3 })
    for (const id of ['oldest', 'old']) {
      await using peer = await RawPeer.login(server.url, id)
      peer.send({ op: 'bye' })
      await peer.closed()
      await noticed(server, id)
    }
    await using _alice = await RawPeer.login(server.url, 'alice')
    await using _bob = await RawPeer.login(server.url, 'bob')
    await assert.rejects(server.hub.send('oldest', 'x'), { code: 'unknown_recipient' })
    await server.hub.send('old', 'x')
    await using _carol = await RawPeer.login(server.url, 'carol')
    await using dave = await RawPeer.login(server.url, 'dave')
    await server.hub.send('dave', 'known')
    assert.equal((await dave.next('deliver')).body, 'known')
    assert.deepEqual(
      server.hub.clients({ online: false }).map(({ client }) => client),
      ['alice', 'bob', 'carol', 'dave'],
    )
  })
})
