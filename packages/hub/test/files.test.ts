import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type FileKeeper, type FileQuestion, ManualClock, MemoryInboxStore } from '@posthouse/core'
import type { Permission } from '@posthouse/hub'
import { CrossCommClient, crossComm } from './cross-comm-peer.ts'
import { codeOf, type Frame, RawPeer } from './raw-peer.ts'
import { type RunningHub, startHub } from './start-hub.ts'

const key = 'cross_comm/alice/1700000000000_0a1b2c3d.txt'
const folder = 'cross_comm/alice/1700000000000_0a1b2c3d_folder/'

/** Answers `files.may {key}` with whether the one who asks may fetch it. */
function keeper(settings: Partial<FileKeeper> = {}): FileKeeper {
  const may = async ({ client, body, mayFetch }: FileQuestion): Promise<unknown> => {
    return { client, may: mayFetch((body as { readonly key: string }).key) }
  }
  return {
    methods: { 'files.may': may },
    ownMethods: { 'hub.files.may': may },
    shared: false,
    keepMs: 1000,
    receive: async (message) => message,
    ...settings,
  }
}

async function may(peer: RawPeer, wanted: string = key, method = 'files.may'): Promise<unknown> {
  peer.send({ op: 'request', id: 'r', to: 'hub', method, body: { key: wanted } })
  const { body } = await peer.next('response')
  return (body as { readonly may: unknown }).may
}

const counts = new WeakMap<RawPeer, number>()

/** Sends a message that tells of the file, and takes the answer. */
async function sent(peer: RawPeer, to: string, fields: Frame = {}): Promise<Frame> {
  const n = (counts.get(peer) ?? 0) + 1
  counts.set(peer, n)
  return peer.publish(to, n, { type: 'file', body: { key, name: 'a.txt' }, ...fields })
}

/** A hub where alice, bob and carol are connected. */
async function three(server: RunningHub): Promise<readonly [RawPeer, RawPeer, RawPeer]> {
  return [
    await RawPeer.login(server.url, 'alice'),
    await RawPeer.login(server.url, 'bob', { dialect: 'msgpack' }),
    await RawPeer.login(server.url, 'carol'),
  ]
}

suite('a file', () => {
  test('is not promised for a time at which it will be gone', async () => {
    await using server = await startHub({ files: keeper({ keepMs: 60_000 }) })
    const [alice, ...others] = await three(server)
    assert.equal((await sent(alice, 'bob', { deliverAt: Date.now() + 30_000 })).state, 'stored')
    assert.equal(codeOf(await sent(alice, 'bob', { deliverAt: Date.now() + 90_000 })), 'invalid_field')
    assert.equal((await sent(alice, 'bob', { deliverAt: Date.now() + 90_000, type: 'dict' })).state, 'stored')
    for (const peer of [alice, ...others]) await peer.cut()
  })

  test('is asked for without a permission to call the hub, but by an administrator in that role', async () => {
    const permissions: readonly Permission[] = [{ operations: ['send'], addresses: ['bob'] }]
    await using server = await startHub({
      files: keeper(),
      authenticate: ({ client }) => ({ name: client, permissions: client === 'alice' ? permissions : [] }),
    })
    const [alice, bob, carol] = await three(server)
    assert.equal((await sent(alice, 'bob')).state, 'stored')
    assert.deepEqual([await may(alice), await may(bob), await may(carol)], [true, true, false])
    for (const method of ['hub.files.may', 'other']) {
      alice.send({ op: 'request', id: 'r', to: 'hub', method, body: { key } })
      assert.equal(codeOf(await alice.next('response')), 'forbidden')
    }
    for (const peer of [alice, bob, carol]) await peer.cut()
  })

  test('may be fetched by whom a message has told of it, and by nobody else', async () => {
    await using server = await startHub({ files: keeper() })
    const [alice, bob, carol] = await three(server)
    assert.deepEqual([await may(alice), await may(bob), await may(carol)], [true, false, false])
    await sent(alice, 'bob')
    assert.deepEqual([await may(bob), await may(carol)], [true, false])
    assert.equal(await may(bob, 'cross_comm/alice/1700000000000_0a1b2c3d.txt2'), false)
    await sent(alice, 'carol', { type: 'dict', body: { key } })
    assert.equal(await may(carol), false, 'only messages of files tell of files')
    for (const peer of [alice, bob, carol]) await peer.cut()
  })

  test('may be given on by whom it was given to; a key that one only knows grants nothing', async () => {
    await using server = await startHub({ files: keeper() })
    const [alice, bob, carol] = await three(server)
    const refused = await sent(bob, 'carol')
    assert.equal(codeOf(refused), 'forbidden')
    assert.equal(await may(carol), false)
    await sent(alice, 'bob')
    assert.equal((await sent(bob, 'carol')).error, undefined)
    assert.equal(await may(carol), true)
    for (const peer of [alice, bob, carol]) await peer.cut()
  })

  test('of a group may be fetched by those who are in it when they ask', async () => {
    await using server = await startHub({ files: keeper() })
    const [alice, bob, carol] = await three(server)
    await server.hub.groups.add('ops', 'alice')
    await server.hub.groups.add('ops', 'bob')
    await sent(alice, 'group:ops')
    assert.deepEqual([await may(bob), await may(carol)], [true, false])
    await server.hub.groups.add('ops', 'carol')
    await server.hub.groups.remove('ops', 'bob')
    assert.deepEqual([await may(bob), await may(carol)], [false, true])
    for (const peer of [alice, bob, carol]) await peer.cut()
  })

  test('in a granted folder may be fetched, and so may the manifest beside it', async () => {
    await using server = await startHub({ files: keeper() })
    const [alice, bob, carol] = await three(server)
    await sent(alice, 'bob', { type: 'folder', body: { key: folder, name: 'photos' } })
    for (const inside of [folder, `${folder}a/b.txt`, `${folder.slice(0, -1)}.json`]) {
      assert.deepEqual([inside, await may(bob, inside), await may(carol, inside)], [inside, true, false])
    }
    for (const outside of [folder.slice(0, -1), 'cross_comm/alice/', 'cross_comm/alice/x', '']) {
      assert.equal(await may(bob, outside), false, outside)
    }
    for (const peer of [alice, bob, carol]) await peer.cut()
  })

  test('stays granted when the hub starts anew, and for as long as files are kept', async () => {
    const clock = new ManualClock()
    await using store = new MemoryInboxStore({ clock })
    const options = { store, clock, files: keeper() }
    {
      await using server = await startHub(options)
      const [alice, bob, carol] = await three(server)
      await sent(alice, 'bob')
      for (const peer of [alice, bob, carol]) await peer.cut()
    }
    await using server = await startHub(options)
    await using bob = await RawPeer.login(server.url, 'bob')
    clock.advance(1000)
    assert.equal(await may(bob), true)
    clock.advance(1)
    assert.equal(await may(bob), false)
  })

  test('is refused where it goes to a cross_comm program that cannot fetch it', async () => {
    for (const [shared, code] of [
      [false, 'no_shared_storage'],
      [true, undefined],
    ] as const) {
      await using server = await startHub({ files: keeper({ shared }) })
      await using alice = await RawPeer.login(server.url, 'alice')
      await using old = await CrossCommClient.login(server.url, 'old')
      assert.equal(codeOf(await sent(alice, 'old')), code)
      if (shared) assert.equal((await old.next()).oss_key, key)
      for (const member of ['alice', 'old']) await server.hub.groups.add('ops', member)
      assert.equal(codeOf(await sent(alice, 'group:ops')), code)
      alice.send({ op: 'send', id: 'live', to: 'group:ops', qos: 0, type: 'file', body: { key } })
      if (!shared) assert.equal(codeOf(await alice.next('error')), code)
      await old.raw.cut()
    }
  })

  test('that a Java program has put into the bucket as a folder is granted by its name, and nothing beside it', async () => {
    for (const shared of [true, false]) {
      await using server = await startHub({ files: keeper({ shared }) })
      await using bob = await RawPeer.login(server.url, 'bob')
      await using old = await CrossCommClient.login(server.url, 'old')
      for (const each of ['photos', 'cross_comm', '.posthouse', 'a/b']) {
        old.send(crossComm('folder', 'old', 'bob', { oss_key: each }))
        await bob.next('deliver')
      }
      old.send(crossComm('file', 'old', 'bob', { oss_key: 'secrets' }))
      await bob.next('deliver')
      const wanted = [
        'photos/a.txt',
        'photos',
        'photosecret',
        'cross_comm/alice/1',
        '.posthouse/x',
        'a/b/c',
        'secrets/x',
      ]
      const granted = []
      for (const each of wanted) if (await may(bob, each)) granted.push(each)
      assert.deepEqual(granted, shared ? ['photos/a.txt'] : [])
    }
  })

  test('of a cross_comm program is passed on; it is granted where the program made it', async () => {
    await using server = await startHub({ files: keeper() })
    await using bob = await RawPeer.login(server.url, 'bob')
    await using old = await CrossCommClient.login(server.url, 'old')
    const keys = ['cross_comm/old/1_2.txt', 'old_1700000000000_a.txt', key, 'backup/a.sql', 'old_backup.sql']
    const granted = []
    for (const each of keys) {
      old.send(crossComm('file', 'old', 'bob', { oss_key: each }))
      assert.equal(((await bob.next('deliver')).body as Frame).key, each)
      granted.push(await may(bob, each))
    }
    assert.deepEqual(granted, [true, true, false, false, false])
  })

  test('may be given by the hub, which may fetch every one', async () => {
    await using server = await startHub({ files: keeper() })
    await using bob = await RawPeer.login(server.url, 'bob')
    await server.hub.send('bob', { key, name: 'a.txt' }, { type: 'file' })
    assert.equal(await may(bob), true)
    assert.deepEqual(await server.hub.request('hub', 'files.may', { key: 'any' }), { client: 'hub', may: true })
  })
})
