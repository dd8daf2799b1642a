import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type ClientStorage, HubClient, type OpenStorage, type StorageChange } from '@posthouse/client'
import { indexedDbStorage } from '@posthouse/client/indexeddb'
import { sqliteStorage } from '@posthouse/client/sqlite'
import { PosthouseError } from '@posthouse/core'
import { Hub } from '@posthouse/hub'

const program = fileURLToPath(new URL('storage-program.ts', import.meta.url))

interface Folder extends Disposable {
  readonly path: string
}

function folder(): Folder {
  const made = mkdtempSync(join(tmpdir(), 'posthouse-client-'))
  return { path: join(made, 'bob.db'), [Symbol.dispose]: () => rmSync(made, { recursive: true, force: true }) }
}

/** The program of bob in a process of its own. */
class Bob implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, ['--conditions=@posthouse/source', program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (this.#child.stdout === null) throw new Error('it has no output')
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]()
  }

  /** The next line that it says. */
  async line(): Promise<string> {
    const { value } = await this.#lines.next()
    return String(value)
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

async function withHub(): Promise<{ readonly hub: Hub; readonly url: string }> {
  const hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  return { hub, url }
}

suite('a client with a storage', () => {
  test('refuses options that do not exist or make no sense: a misspelled durability would be the weaker one', () => {
    const wrong: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => sqliteStorage({ path: 'x', durability: 'dsik' as 'disk' }),
        /durability must be one of process, disk, not "dsik"$/,
      ],
      [() => sqliteStorage({} as { path: string }), /^sqliteStorage needs the option path$/],
      [() => indexedDbStorage({ durability: 'strict' as 'disk' }), /^indexedDbStorage: durability must be one of/],
      [
        () => indexedDbStorage({ prefix: 'x' } as object),
        /^indexedDbStorage has no option prefix, only name, durability$/,
      ],
    ]
    for (const [make, message] of wrong) assert.throws(make, { code: 'invalid_option', message })
  })

  test('that is killed before its handler is done is handed the message again, and what it had handled is not', async () => {
    using place = folder()
    const { hub, url } = await withHub()
    await using alice = new HubClient({ url, clientId: 'alice' })
    await alice.connect()
    await using first = new Bob(url, place.path, 'before')
    assert.equal(await first.line(), 'online')
    await alice.send('bob', 'early')
    await alice.send('bob', 'fatal')
    assert.deepEqual([await first.line(), await first.line()], ['handled early', 'handled fatal'])
    await first.kill()
    await alice.send('bob', 'late')
    await using second = new Bob(url, place.path, 'after')
    const lines = [await second.line(), await second.line(), await second.line()]
    assert.deepEqual(lines.toSorted(), ['handled fatal', 'handled late', 'online'])
    await hub.close()
  })

  test('that is killed gets what waits of messages to everyone and to a large group by its next session', async () => {
    using place = folder()
    const { hub, url } = await withHub()
    await using alice = new HubClient({ url, clientId: 'alice' })
    await alice.connect()
    await using first = new Bob(url, place.path, 'before')
    assert.equal(await first.line(), 'online')
    await hub.groups.add('team', 'bob')
    await Promise.all(Array.from({ length: 65 }, (_, index) => hub.groups.add('team', `extra ${index}`)))
    await alice.send('all', 'early')
    await alice.send('all', 'fatal')
    await alice.send('group:team', 'in the window')
    assert.deepEqual([await first.line(), await first.line()], ['handled early', 'handled fatal'])
    await first.kill()
    await alice.send('all', 'to everyone, late')
    await alice.send('group:team', 'to the team, late')
    await using second = new Bob(url, place.path, 'after')
    const lines: string[] = []
    while (lines.length < 5) lines.push(await second.line())
    const expected = ['fatal', 'in the window', 'to everyone, late', 'to the team, late'].map(
      (text) => `handled ${text}`,
    )
    assert.deepEqual(new Set(lines), new Set([...expected, 'online']))
    await hub.close()
  })

  test('that is killed between its handler and the acknowledgement is not handed the message again', async () => {
    using place = folder()
    const { hub, url } = await withHub()
    await using alice = new HubClient({ url, clientId: 'alice' })
    await alice.connect()
    const life = new HubClient({ url, clientId: 'bob', storage: gagged(sqliteStorage({ path: place.path })) })
    const heard: unknown[] = []
    const { promise: second, resolve } = Promise.withResolvers<void>()
    life.on('text', ({ body }) => {
      heard.push(body)
      if (heard.length === 2) resolve()
    })
    await life.connect()
    await alice.send('bob', 'one')
    await alice.send('bob', 'two')
    await second
    // Closes without the acknowledgement: the storage never told the client that it may be given.
    await life.close()
    await using next = new HubClient({ url, clientId: 'bob', storage: sqliteStorage({ path: place.path }) })
    const { promise: third, resolve: done } = Promise.withResolvers<void>()
    next.on('text', ({ body }) => {
      heard.push(body)
      done()
    })
    await next.connect()
    await alice.send('bob', 'three')
    await third
    assert.deepEqual(heard, ['one', 'two', 'three'])
    await hub.close()
  })

  test('sends in its next life what was not confirmed, once and in order', async () => {
    using place = folder()
    await using first = new Bob('ws://127.0.0.1:9', place.path, 'offline')
    for (let kept = 0; kept < 3; kept++) assert.equal(await first.line(), 'kept')
    await first.kill()
    const { hub, url } = await withHub()
    await using alice = new HubClient({ url, clientId: 'alice' })
    const heard: unknown[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    alice.on('text', ({ body }) => {
      heard.push(body)
      if (body === 'four') resolve()
    })
    await alice.connect()
    await using bob = new HubClient({ url, clientId: 'bob', storage: sqliteStorage({ path: place.path }) })
    await bob.connect()
    await bob.send('alice', 'four')
    await promise
    assert.deepEqual(heard, ['one', 'two', 'three', 'four'])
    await bob.close()
    await using again = new HubClient({ url, clientId: 'bob', storage: sqliteStorage({ path: place.path }) })
    await again.connect()
    await again.drain()
    assert.equal(heard.length, 4)
    await hub.close()
  })
})

suite('a SQLite storage', () => {
  test('is for one client at a time, and for no other', async () => {
    using place = folder()
    const storage = sqliteStorage({ path: place.path })
    const open = await storage.open('bob', 10)
    await assert.rejects(storage.open('bob', 10), { code: 'data_in_use' })
    await open.close()
    await open.close()
    await assert.rejects(storage.open('carol', 10), { code: 'invalid_option' })
    await (await storage.open('bob', 10)).close()
  })

  test('that is no storage is refused, and left as it is', async () => {
    using place = folder()
    writeFileSync(place.path, 'this is no database, but it is long enough to look like something '.repeat(100))
    await assert.rejects(sqliteStorage({ path: place.path }).open('bob', 10), { code: 'data_damaged' })
    await assert.rejects(sqliteStorage({ path: `${place.path}/x` }).open('bob', 10), { code: 'data_unwritable' })
    await using client = new HubClient({ clientId: 'bob', storage: sqliteStorage({ path: place.path }) })
    await assert.rejects(client.connect(), { code: 'data_damaged' })
  })

  test('keeps what it was told, and the newest names of handled messages', async () => {
    using place = folder()
    const storage = sqliteStorage({ path: place.path, durability: 'process' })
    const open = await storage.open('bob', 3)
    assert.equal(open.state, undefined)
    void open.write({ begin: { producer: 'p', lastN: 5, dialect: 'msgpack' } })
    void open.write({ put: { n: 1, id: 'a', wire: 'text' } })
    void open.write({ put: { n: 2, id: 'b', wire: new Uint8Array([1, 2]) } })
    void open.write({ answered: 1 })
    for (const handled of ['v', 'w', 'x', 'y', 'z', 'z']) void open.write({ handled })
    await open.write({ lastN: 9 })
    await open.close()
    const { state, close } = await reopened(storage)
    assert.deepEqual(state, {
      producer: 'p',
      lastN: 9,
      dialect: 'msgpack',
      outbox: [{ n: 2, id: 'b', wire: new Uint8Array([1, 2]) }],
      handled: ['x', 'y', 'z'],
    })
    await close()
  })

  test('in another dialect is not read wrong', async () => {
    using place = folder()
    const storage = sqliteStorage({ path: place.path })
    const { hub, url } = await withHub()
    const client = new HubClient({ url, clientId: 'bob', storage })
    await client.connect()
    await client.close()
    await using other = new HubClient({ url, clientId: 'bob', storage, dialect: 'msgpack' })
    await assert.rejects(other.connect(), { code: 'invalid_option' })
    await using third = new HubClient({ url, clientId: 'bob', storage, dialect: 'cross_comm' })
    await assert.rejects(third.connect(), { code: 'invalid_option' })
    await hub.close()
  })
})

test('a storage that fails is told of, and messages are handled and acknowledged all the same', async () => {
  const { hub, url } = await withHub()
  const full: OpenStorage = {
    state: undefined,
    write: (change) =>
      'begin' in change ? Promise.resolve() : Promise.reject(new PosthouseError('store_failed', 'it is full')),
    close: () => Promise.resolve(),
  }
  let opened: unknown
  const open: ClientStorage['open'] = async (...about) => {
    opened = about
    return full
  }
  await using bob = new HubClient({ url, clientId: 'bob', storage: { open } })
  const codes = new Set<string>()
  bob.watch('error', ({ code }) => codes.add(code))
  const { promise, resolve } = Promise.withResolvers<void>()
  bob.on('text', { includeOwn: true }, () => resolve())
  await bob.connect()
  assert.equal((await bob.send('bob', 'x')).state, 'stored')
  await promise
  await bob.drain()
  assert.deepEqual([...codes], ['store_failed'])
  // It has to know more names than a hub has under way to one client, or one would be handled again.
  assert.deepEqual(opened, ['bob', 4096])
  await hub.close()
})

async function reopened(
  storage: ClientStorage,
): Promise<{ readonly state: OpenStorage['state']; readonly close: () => Promise<void> }> {
  const open = await storage.open('bob', 3)
  return { state: open.state, close: () => open.close() }
}

/** Remembers what was handled, and never says so. */
function gagged(storage: ClientStorage): ClientStorage {
  return {
    open: async (clientId, window) => {
      const open = await storage.open(clientId, window)
      const write = (change: StorageChange): Promise<void> => {
        const written = open.write(change)
        return 'handled' in change ? new Promise(() => undefined) : written
      }
      return { state: open.state, write, close: () => open.close() }
    },
  }
}
