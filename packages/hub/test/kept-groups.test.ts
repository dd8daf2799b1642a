import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MemoryInboxStore } from '@posthouse/core'
import { ask, cutAll, login } from './group-peers.ts'
import { codeOf, type Frame, RawPeer, resume } from './raw-peer.ts'
import { slowStore } from './slow-store.ts'
import { startGuardedHub } from './start-guarded-hub.ts'
import { noticed, startHub, visit } from './start-hub.ts'

let called = 0

suite('groups and the store', () => {
  test('members and what they have not got outlast the hub', async () => {
    const store = new MemoryInboxStore()
    {
      await using server = await startHub({ store })
      const [alice, bob] = await login(server, 'alice', 'bob')
      assert.ok(alice && bob)
      await ask(alice, 'join')
      await ask(bob, 'join')
      await bob.cut()
      await noticed(server, 'bob')
      await alice.publish('group:team', 1)
      await alice.cut()
    }
    await using server = await startHub({ store })
    await using carol = await RawPeer.login(server.url, 'carol')
    assert.equal((await carol.publish('group:team', 1)).state, 'stored')
    await using bob = await RawPeer.login(server.url, 'bob')
    assert.deepEqual(
      (await bob.deliveries(2)).map(({ from }) => from),
      ['alice', 'carol'],
    )
    assert.deepEqual(
      server.hub.groups.members('team').members.map(({ client, role }) => [client, role]),
      [
        ['alice', 'owner'],
        ['bob', 'member'],
      ],
    )
  })

  test('a change that could not be stored does not hold', async () => {
    const { store, breakCommit } = slowStore()
    await using server = await startHub({ store })
    const [alice, bob] = await login(server, 'alice', 'bob')
    assert.ok(alice && bob)
    await ask(alice, 'join')
    const mend = breakCommit()
    assert.equal(codeOf(await ask(bob, 'join')), 'store_failed')
    assert.equal(codeOf(await ask(alice, 'leave')), 'store_failed')
    mend()
    assert.deepEqual(
      server.hub.groups.members('team').members.map(({ client, role }) => [client, role]),
      [['alice', 'owner']],
    )
    assert.equal((await ask(bob, 'join')).members, 2)
    await cutAll(alice, bob)
  })

  test('who resumes gets what came to the group in the meantime', async () => {
    await using server = await startHub()
    const [bob, welcome] = await RawPeer.welcomed(server.url, 'bob')
    await ask(bob, 'join')
    await bob.cut()
    await server.hub.send('group:team', 'while away')
    await using back = await RawPeer.login(server.url, 'bob', { hello: resume(welcome) })
    assert.equal((await back.next('deliver')).body, 'while away')
  })
})

suite('groups are kept in order', () => {
  const admin = [{ operations: ['request', 'administer'], addresses: ['hub'] }] as const

  async function call(peer: RawPeer, method: string, body?: unknown): Promise<unknown> {
    peer.send({ op: 'request', id: `c${++called}`, to: 'hub', method, ...(body !== undefined && { body }) })
    const answer = await peer.next('response')
    return 'error' in answer ? codeOf(answer) : answer.body
  }

  test('by who may administer the hub, and by nobody else', async () => {
    await using server = await startGuardedHub({ admin })
    await visit(server, 'bob')
    await using root = await RawPeer.login(server.url, 'admin')
    await using alice = await RawPeer.login(server.url, 'alice')
    const added = (await call(root, 'hub.groups.add', { group: 'ops', client: 'bob' })) as Frame
    assert.deepEqual([added.client, added.role], ['bob', 'owner'])
    await call(root, 'hub.groups.add', { group: 'ops', client: 'never seen', role: 'owner' })
    assert.deepEqual(await call(root, 'hub.groups.list'), { groups: [{ group: 'ops', members: 2 }], more: false })
    assert.deepEqual(await call(root, 'hub.groups.list', { after: 'ops' }), { groups: [], more: false })
    const page = (await call(root, 'hub.groups.members', { group: 'ops', limit: 1 })) as {
      members: Frame[]
      more: boolean
    }
    assert.deepEqual([page.members[0]?.client, page.more], ['bob', true])
    assert.deepEqual(await call(root, 'hub.groups.remove', { group: 'ops', client: 'bob' }), { removed: true })
    assert.deepEqual(await call(root, 'hub.groups.remove', { group: 'ops', client: 'bob' }), { removed: false })
    assert.deepEqual(await call(root, 'hub.groups.end', { group: 'ops' }), { ended: true })
    assert.equal(await call(root, 'hub.groups.members', { group: 'ops' }), 'unknown_recipient')
    for (const body of [undefined, [], { group: 1 }, { group: 'a', client: 'b', role: 'x' }]) {
      assert.equal(await call(root, 'hub.groups.add', body), 'invalid_body', JSON.stringify(body))
    }
    assert.equal(await call(alice, 'hub.groups.list'), 'forbidden')
  })

  test('by the program that runs the hub', async () => {
    await using server = await startHub()
    await server.hub.groups.add('ops', 'alice')
    assert.equal((await server.hub.groups.add('ops', 'bob')).role, 'member')
    await server.hub.send('group:ops', 'welcome')
    await using alice = await RawPeer.login(server.url, 'alice')
    assert.equal((await alice.next('deliver')).body, 'welcome')
    assert.deepEqual(server.hub.groups.list({ limit: 1 }), { groups: [{ group: 'ops', members: 2 }], more: false })
    assert.equal(await server.hub.groups.end('ops'), true)
    await assert.rejects(server.hub.send('group:ops', 'gone'), { code: 'unknown_recipient' })
    await assert.rejects(server.hub.groups.add('', 'alice'), { code: 'invalid_address' })
    await assert.rejects(server.hub.groups.add('ops', 'all'), { code: 'invalid_client_id' })
  })
})
