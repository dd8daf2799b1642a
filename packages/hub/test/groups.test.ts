import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CrossCommClient } from './cross-comm-peer.ts'
import { ask, cutAll, login } from './group-peers.ts'
import { codeOf, type Frame, RawPeer } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { noticed, startHub } from './start-hub.ts'

for (const dialect of ['json', 'msgpack'] as const) {
  suite(`a group, in ${dialect}`, () => {
    test('is made by the first to join it, who is its owner, and ends with its last member', async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      await using bob = await RawPeer.login(server.url, 'bob', { dialect })
      alice.send({ op: 'join', id: 'q', to: 'group:team' })
      const joined = await alice.next('join')
      assert.deepEqual(joined, { op: 'join', id: 'q', to: 'group:team', members: 1, role: 'owner' })
      assert.deepEqual(await ask(bob, 'join').then(({ members, role }) => [members, role]), [2, 'member'])
      assert.deepEqual(await ask(bob, 'join').then(({ members, role }) => [members, role]), [2, 'member'])
      alice.send({ op: 'leave', id: 'q', to: 'group:team' })
      assert.deepEqual(await alice.next('leave'), { op: 'leave', id: 'q', to: 'group:team' })
      assert.equal((await ask(bob, 'leave')).op, 'leave')
      assert.equal((await ask(bob, 'leave')).op, 'leave')
      assert.equal(codeOf(await alice.publish('group:team', 1)), 'unknown_recipient')
      assert.deepEqual(await ask(bob, 'join').then(({ members, role }) => [members, role]), [1, 'owner'])
    })

    test('gets its messages to every member but the sender, also to those that are away', async () => {
      await using server = await startHub()
      await using alice = await RawPeer.login(server.url, 'alice', { dialect })
      const [bob, carol] = await login(server, 'bob', 'carol')
      for (const peer of [alice, bob, carol]) if (peer) await ask(peer, 'join')
      await bob?.cut()
      await noticed(server, 'bob')
      assert.equal((await alice.publish('group:team', 1)).state, 'stored')
      const frame = await carol?.next('deliver')
      assert.deepEqual([frame?.from, frame?.to, frame?.body], ['alice', 'group:team', 'text 1'])
      assert.deepEqual(await alice.settled(), [])
      await using back = await RawPeer.login(server.url, 'bob', { dialect })
      assert.equal((await back.next('deliver')).body, 'text 1')
      await carol?.cut()
    })
  })
}

suite('messages to a group', () => {
  test('of qos 0 go to those members that are there', async () => {
    await using server = await startHub()
    const [alice, bob, carol] = await login(server, 'alice', 'bob', 'carol')
    assert.ok(alice && bob && carol)
    for (const peer of [alice, bob, carol]) await ask(peer, 'join')
    await carol.cut()
    await noticed(server, 'carol')
    alice.send({ op: 'send', id: 'live', to: 'group:team', type: 'text', body: 'now', qos: 0 })
    assert.equal((await bob.next('deliver')).body, 'now')
    assert.deepEqual(await alice.settled(), [])
    await using back = await RawPeer.login(server.url, 'carol')
    assert.deepEqual(await back.settled(), [])
    alice.send({ op: 'send', id: 'lost', to: 'group:none', type: 'text', body: 'now', qos: 0 })
    const error = await alice.next('error')
    assert.deepEqual([error.code, error.about], ['unknown_recipient', { op: 'send', id: 'lost' }])
    await cutAll(alice, bob)
  })

  test('come from whoever may send to it, and not to who has left', async () => {
    await using server = await startHub()
    const [alice, bob, carol] = await login(server, 'alice', 'bob', 'carol')
    assert.ok(alice && bob && carol)
    for (const peer of [bob, carol]) await ask(peer, 'join')
    await ask(carol, 'leave')
    await alice.publish('group:team', 1)
    assert.equal((await bob.next('deliver')).body, 'text 1')
    assert.deepEqual(await carol.settled(), [])
    await bob.publish('group:team', 1)
    assert.deepEqual(
      (await bob.settled()).filter(({ op }) => op === 'deliver'),
      [],
    )
    await server.hub.send('group:team', 'from the hub')
    assert.equal((await bob.next('deliver')).from, 'hub')
    await cutAll(alice, bob, carol)
  })

  test('reach cross_comm members, whom others have added, under the address of the group', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using old = await CrossCommClient.login(server.url, 'old')
    await ask(alice, 'join')
    assert.equal((await ask(alice, 'join', { client: 'old' })).members, 2)
    await alice.publish('group:team', 1)
    const { to_client_id: to, from_client_id: from, content } = await old.next()
    assert.deepEqual([to, from, content], ['group:team', 'alice', 'text 1'])
  })

  test('are never those to a client whose id looks like a group', async () => {
    await using server = await startHub()
    const [odd, alice] = await login(server, 'group:team', 'alice')
    assert.ok(odd && alice)
    await ask(alice, 'join')
    assert.equal((await odd.publish('group:team', 1)).state, 'stored')
    assert.equal((await alice.next('deliver')).from, 'client:group:team')
    assert.deepEqual(await odd.settled(), [])
    await cutAll(odd, alice)
  })
})

suite('who may change a group', () => {
  const member = [{ operations: ['join', 'send'], addresses: ['group:team', 'group:other'] }] as const

  test('are its owners and administrators, and everyone for himself', async () => {
    await using server = await startGuardedHub({ alice: member, bob: member, carol: member })
    const [alice, bob, carol] = await login(server, 'alice', 'bob', 'carol')
    assert.ok(alice && bob && carol)
    await ask(alice, 'join')
    assert.equal((await ask(bob, 'join')).role, 'member')
    for (const [op, fields] of [
      ['join', { client: 'carol' }],
      ['join', { client: 'alice', role: 'member' }],
      ['join', { role: 'owner' }],
      ['leave', { client: 'alice' }],
    ] as const) {
      assert.equal(codeOf(await ask(bob, op, fields)), 'forbidden', JSON.stringify(fields))
    }
    assert.equal((await ask(alice, 'join', { client: 'carol' })).members, 3)
    assert.equal((await ask(alice, 'join', { client: 'bob', role: 'owner' })).role, 'owner')
    assert.equal((await ask(bob, 'leave', { client: 'alice' })).op, 'leave')
    assert.equal((await ask(bob, 'join', { role: 'owner' })).role, 'owner')
    const { members } = server.hub.groups.members('team')
    assert.deepEqual(
      members.map(({ client, role }) => [client, role]),
      [
        ['bob', 'owner'],
        ['carol', 'member'],
      ],
    )
    await cutAll(alice, bob, carol)
  })

  test('are never nobody: the last owner stays one, and when it leaves the oldest member becomes one', async () => {
    await using server = await startGuardedHub({ alice: member, bob: member, carol: member })
    const [alice, bob, carol] = await login(server, 'alice', 'bob', 'carol')
    assert.ok(alice && bob && carol)
    for (const peer of [alice, bob, carol]) await ask(peer, 'join')
    assert.equal(codeOf(await ask(alice, 'join', { role: 'member' })), 'forbidden')
    await ask(alice, 'leave')
    assert.equal((await ask(bob, 'join')).role, 'owner')
    assert.equal((await ask(carol, 'join')).role, 'member')
    await cutAll(alice, bob, carol)
  })

  test('need the permission to join, but none to leave', async () => {
    await using server = await startGuardedHub({ alice: member })
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal(codeOf(await ask(alice, 'join', { to: 'group:secret' })), 'forbidden')
    assert.equal((await ask(alice, 'join')).role, 'owner')
    server.permit('alice', [])
    assert.equal(codeOf(await ask(alice, 'join')), 'forbidden')
    assert.equal(codeOf(await ask(alice, 'leave', { client: 'bob' })), 'forbidden')
    assert.equal(codeOf(await alice.publish('group:team', 1)), 'forbidden')
    assert.equal((await ask(alice, 'leave')).op, 'leave')
    assert.deepEqual(server.hub.groups.list(), { groups: [], more: false })
  })

  test('hear what is wrong with a question, each with its own answer, in their order', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    const wrong: readonly (readonly [Frame, string])[] = [
      [{ op: 'join', to: 'group:' }, 'invalid_address'],
      [{ op: 'join', to: 'group:team', client: 'nobody' }, 'unknown_recipient'],
      [{ op: 'join', to: 'group:team', client: 'all' }, 'invalid_client_id'],
      [{ op: 'leave', to: 'group:team', client: 'server' }, 'invalid_client_id'],
      [{ op: 'join', to: 'group:team', role: 'king' }, 'invalid_field'],
      [{ op: 'join', to: 'team' }, 'invalid_address'],
    ]
    for (const [frame, code] of wrong) {
      alice.send({ id: 'q', ...frame })
      const error = await alice.next('error')
      assert.deepEqual([error.code, error.about], [code, { op: frame.op, id: 'q' }], JSON.stringify(frame))
    }
    alice.send(
      ...['a', 'b', 'a', 'c'].map((id, n) => ({ op: n === 2 ? 'leave' : 'join', id: `${id}${n}`, to: `group:${id}` })),
    )
    const answers = []
    while (answers.length < 4) answers.push((await alice.next(({ id }) => typeof id === 'string')).id)
    assert.deepEqual(answers, ['a0', 'b1', 'a2', 'c3'])
  })
})

suite('groups are bounded', () => {
  test('in their number, their members, and the groups of one client', async () => {
    await using server = await startHub({ quotas: { groups: 2, groupMembers: 2, groupsPerClient: 1 } })
    const [alice, bob, carol] = await login(server, 'alice', 'bob', 'carol')
    assert.ok(alice && bob && carol)
    await ask(alice, 'join')
    assert.equal(codeOf(await ask(alice, 'join', { to: 'group:other' })), 'limit_reached')
    await ask(bob, 'join')
    assert.equal(codeOf(await ask(carol, 'join')), 'limit_reached')
    await ask(carol, 'join', { to: 'group:other' })
    await ask(bob, 'leave')
    assert.equal(codeOf(await ask(bob, 'join', { to: 'group:third' })), 'limit_reached')
    assert.equal((await ask(bob, 'join')).members, 2)
    await cutAll(alice, bob, carol)
  })

  test('in the questions that wait for an answer', async () => {
    const { store, holdCommit } = slowStore()
    await using server = await startHub({ store })
    await using alice = await RawPeer.login(server.url, 'alice')
    const release = holdCommit()
    const questions = Array.from({ length: 256 }, (_, n) => ({ op: 'join', id: `q${n}`, to: 'group:team' }))
    alice.send(...questions)
    alice.send({ op: 'join', id: 'late', to: 'group:team' })
    const error = await alice.next('error')
    assert.deepEqual([error.code, error.about], ['window_exceeded', { op: 'join', id: 'late' }])
    release()
    for (const { id } of questions) assert.equal((await alice.next('join')).id, id)
  })

  test('by who is known: a client that is forgotten belongs to none', async () => {
    await using server = await startHub()
    await using alice = await RawPeer.login(server.url, 'alice')
    await using passing = await RawPeer.login(server.url, 'passing', { hello: { transient: true } })
    await ask(alice, 'join')
    assert.equal((await ask(passing, 'join')).members, 2)
    passing.send({ op: 'bye' })
    await noticed(server, 'passing')
    await alice.publish('group:team', 1)
    assert.deepEqual(
      server.hub.groups.members('team').members.map(({ client }) => client),
      ['alice'],
    )
  })
})
