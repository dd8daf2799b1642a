import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { createToken, hashToken, tokenFile } from '@posthouse/hub'
import { RawPeer } from './raw-peer.ts'
import { type RunningHub, startHub } from './start-hub.ts'

const ann = createToken()
const bob = createToken()
const changed = 'who may connect has changed'

/** A folder that is gone after the test. */
async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'posthouse-tokens-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

function entries(...list: readonly object[]): string {
  return JSON.stringify(list, undefined, 2)
}

async function codeOf(server: RunningHub, client: string, token: string): Promise<number> {
  await using peer = await RawPeer.hello(server.url, client, { hello: { token } })
  const frame = await peer.frames.take().catch(() => undefined)
  return frame?.op === 'welcome' ? 0 : (await peer.closed()).code
}

suite('a created token', () => {
  test('is random, recognizable, and stands in a file as its hash', () => {
    assert.match(ann.token, /^ph_[\w-]{43}$/)
    assert.match(ann.hash, /^sha256:[0-9a-f]{64}$/)
    assert.equal(hashToken(ann.token), ann.hash)
    assert.notEqual(ann.token, bob.token)
    assert.equal(hashToken('abc'), 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })
})

suite('a token file', () => {
  test('may begin with a byte order mark and end its lines as Windows does', async () => {
    await using at = await folder()
    const path = join(at.path, 'tokens.yaml')
    await writeFile(path, `\uFEFF- name: ann\r\n  hash: ${ann.hash}\r\n`)
    await using server = await startHub({ authenticate: tokenFile(path) })
    assert.equal(await codeOf(server, 'ann', ann.token), 0)
  })

  test('that is a folder or a device is refused: to read a pipe would block the hub', async () => {
    await using at = await folder()
    for (const path of [at.path, devNull]) {
      const message = `${path}: it cannot be read: it is no regular file`
      assert.throws(() => tokenFile(path), { code: 'token_file', message })
    }
  })

  test('in YAML lets in whom it lists, under the ids and until the time that it says', async () => {
    await using at = await folder()
    const path = join(at.path, 'tokens.yaml')
    await writeFile(
      path,
      `# who may connect
- name: ann
  hash: ${ann.hash}
- name: "bob's phone"
  hash: ${bob.hash.toUpperCase().replace('SHA256', 'sha256')}
  clients: [bob, 'bob-*']
  expires: 2030-01-01
  permissions:
    - operations: [send]
      addresses: ['*']
`,
    )
    const clock = new ManualClock(Date.parse('2029-12-31T23:59:00Z'))
    await using server = await startHub({ authenticate: tokenFile(path), clock })
    assert.equal(await codeOf(server, 'ann', ann.token), 0)
    assert.equal(await codeOf(server, 'bob-laptop', bob.token), 0)
    assert.equal(await codeOf(server, 'bob', ann.token), 4403)
    assert.equal(await codeOf(server, 'ann', bob.token), 4403)
    assert.equal(await codeOf(server, 'ann', 'ph_unknown'), 4401)
    assert.equal(await codeOf(server, 'ann', ann.hash), 4401)
    await using missing = await RawPeer.hello(server.url, 'ann')
    assert.deepEqual(await missing.closed(), { code: 4401, reason: 'this hub lets nobody in without a token' })
    clock.advance(60_000)
    assert.equal(await codeOf(server, 'bob', bob.token), 4300)
    assert.equal(await codeOf(server, 'ann', ann.token), 0)
  })

  test('may list several tokens for one name, so that they can be exchanged', async () => {
    await using at = await folder()
    const path = join(at.path, 'tokens.json')
    await writeFile(path, entries({ name: 'ann', hash: ann.hash }, { name: 'ann', hash: bob.hash }))
    await using server = await startHub({ authenticate: tokenFile(path) })
    assert.equal(await codeOf(server, 'ann', ann.token), 0)
    assert.equal(await codeOf(server, 'ann', bob.token), 0)
  })

  const name = 'ann'
  const { hash } = ann
  const wrong: Readonly<Record<string, readonly [string, RegExp]>> = {
    'is no YAML': ['- name: [', /tokens:\d+: /],
    'is empty': ['', /tokens:1: it must be a list of entries; \[\] lets nobody in/],
    'is no list': ['name: ann', /tokens:1: it must be a list/],
    'has an entry that is none': ['- ann', /tokens:1: entry 1: it must have name and hash/],
    'has an entry without a name': [`- hash: ${hash}`, /entry 1: the name of a principal must be text/],
    'has a name that is a number': [`- {name: 7, hash: '${hash}'}`, /entry 1: the name of a principal must be text/],
    'has an entry without a hash': [`- name: ann`, /entry 1: hash must be "sha256:"/],
    'has a hash of another kind': [`- {name: ann, hash: 'md5:00'}`, /entry 1: hash must be "sha256:"/],
    'has a token itself': [`- {name: ann, token: ${ann.token}}`, /entry 1: a token itself does not belong here/],
    'has the same hash twice': [entries({ name, hash }, { name: 'bob', hash }), /tokens:6: entry 2: another entry/],
    'has an unknown member': [entries({ name, hash, client: ['x'] }), /entry 1: "client" is not known; there are name/],
    'has clients that are no list': [entries({ name, hash, clients: 'x' }), /entry 1: clients must be a list/],
    'has a pattern that is none': [entries({ name, hash, clients: ['**'] }), /entry 1: "\*\*" is no pattern/],
    'has permissions of another form': [
      entries({ name, hash, permissions: [{ operations: ['fly'], addresses: ['*'] }] }),
      /entry 1: permissions\[0\]\.operations: "fly" is no operation/,
    ],
    'has a date that is none': [
      entries({ name, hash, expires: 'tomorrow' }),
      /entry 1: expires must be a date such as/,
    ],
    'has a date of a number': [entries({ name, hash, expires: 1 }), /entry 1: expires must be a date such as/],
    'has a name that would be a pattern': [entries({ name: 'a*', hash }), /entry 1: "a\*" has a \*/],
    'has an alias': [`- &a {name: ann, hash: '${hash}'}\n- *a`, /entry 2/],
  }
  for (const [what, [text, reason]] of Object.entries(wrong)) {
    test(`that ${what} refuses to start, and says where and what to do`, async () => {
      await using at = await folder()
      const path = join(at.path, 'tokens')
      await writeFile(path, text)
      assert.throws(
        () => tokenFile(path),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'token_file')
          assert.match(error.message, reason)
          assert.ok(!error.message.includes(ann.token))
          return true
        },
      )
    })
  }

  test('that is missing refuses to start', async () => {
    await using at = await folder()
    assert.throws(() => tokenFile(join(at.path, 'none')), { code: 'token_file', message: /cannot be read/ })
  })
})

suite('a token file that changes', () => {
  for (const way of ['written', 'replaced'] as const) {
    test(`holds at once when it is ${way}: for logins, and for who is connected`, async () => {
      await using at = await folder()
      const path = join(at.path, 'tokens')
      const write = async (text: string): Promise<void> => {
        if (way === 'written') return writeFile(path, text)
        await writeFile(`${path}.new`, text)
        await rename(`${path}.new`, path)
      }
      const stays = { name: 'ann', hash: ann.hash }
      await write(entries(stays, { name: 'bob', hash: bob.hash }))
      await using server = await startHub({ authenticate: tokenFile(path) })
      await using first = await RawPeer.login(server.url, 'ann', { hello: { token: ann.token } })
      await using second = await RawPeer.login(server.url, 'bob', { hello: { token: bob.token } })
      await write(entries(stays))
      assert.deepEqual(await second.closed(), { code: 4301, reason: 'the token was taken back' })
      assert.equal(await codeOf(server, 'bob', bob.token), 4401)
      assert.deepEqual(await first.settled(), [])
      await write(entries(stays, { name: 'bob', hash: bob.hash }))
      await server.log.line(changed)
      await server.log.line(changed)
      assert.equal(await codeOf(server, 'bob', bob.token), 0)
      await write(entries({ ...stays, clients: ['other'] }, { name: 'bob', hash: bob.hash }))
      assert.equal((await first.closed()).code, 4403)
    })
  }

  test('behind a link whose folder is swapped, as mounted secrets are', async () => {
    await using at = await folder()
    const write = async (version: string, text: string): Promise<void> => {
      await mkdir(join(at.path, version))
      await writeFile(join(at.path, version, 'tokens'), text)
      await symlink(version, join(at.path, '..data.new'))
      await rename(join(at.path, '..data.new'), join(at.path, '..data'))
    }
    await write('1', entries({ name: 'ann', hash: ann.hash }))
    await symlink(join('..data', 'tokens'), join(at.path, 'tokens'))
    await using server = await startHub({ authenticate: tokenFile(join(at.path, 'tokens')) })
    await using peer = await RawPeer.login(server.url, 'ann', { hello: { token: ann.token } })
    await write('2', entries())
    assert.equal((await peer.closed()).code, 4301)
  })

  test('into something broken, or is taken away, changes nothing and is logged', async () => {
    await using at = await folder()
    const path = join(at.path, 'tokens')
    await writeFile(path, entries({ name: 'ann', hash: ann.hash, clients: ['*'] }))
    await using server = await startHub({ authenticate: tokenFile(path) })
    await using peer = await RawPeer.login(server.url, 'ann', { hello: { token: ann.token } })
    await writeFile(path, '- name: [')
    const line = await server.log.code('token_file')
    assert.equal(line.level, 'error')
    assert.match(String(line.fields.reason), /tokens:\d+/)
    await rm(path)
    assert.match(String((await server.log.code('token_file')).fields.reason), /cannot be read/)
    assert.deepEqual(await peer.settled(), [])
    assert.equal(await codeOf(server, 'other', ann.token), 0)
    await writeFile(path, entries())
    assert.equal((await peer.closed()).code, 4301)
  })

  test('is noticed by the next login where nobody watches it', async () => {
    await using at = await folder()
    const path = join(at.path, 'tokens')
    await writeFile(path, entries({ name: 'ann', hash: ann.hash }))
    const clock = new ManualClock()
    const { authenticate } = tokenFile(path, { clock })
    await using server = await startHub({ authenticate })
    assert.equal(await codeOf(server, 'ann', ann.token), 0)
    await writeFile(path, entries())
    assert.equal(await codeOf(server, 'ann', ann.token), 0)
    clock.advance(1000)
    assert.equal(await codeOf(server, 'ann', ann.token), 4401)
  })
})
