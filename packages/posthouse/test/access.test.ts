import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Cli, type Ended, startUp } from './cli.ts'
import { certificateFile } from './servers.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
})
after(() => rm(folder, { recursive: true }))

describe('posthouse token', () => {
  test('prints a token, and the entry with its hash', async () => {
    const { status, out, err } = await Cli.run(['token', '--name', 'bob'])
    assert.equal(status, 0, err)
    assert.match(out, /^ph_[\w-]{43}\n\n- name: "bob"\n {2}hash: "sha256:[0-9a-f]{64}"$/)
    assert.match(err, /not kept anywhere/)
  })

  test('adds entries to a file, in YAML or in JSON, that others cannot read', async () => {
    const yaml = join(folder, 'tokens.yaml')
    const json = join(folder, 'tokens.json')
    await writeFile(json, `[{"name": "old", "hash": "sha256:${'0'.repeat(64)}"}]`)
    for (const file of [yaml, json]) {
      for (const args of [
        ['--name', 'bob'],
        [
          '--name',
          'cam',
          '--clients',
          'cam_*',
          'cam',
          '--expires',
          '2099-01-01',
          '--permissions',
          'send=bob,all',
          'request=hub=user.*',
        ],
      ]) {
        const { status, out, err } = await Cli.run(['token', '--file', file, ...args])
        assert.equal(status, 0, err)
        assert.match(out, /^ph_[\w-]{43}$/)
      }
    }
    if (process.platform !== 'win32') assert.equal((await stat(yaml)).mode & 0o777, 0o600)
    assert.match(
      await readFile(yaml, 'utf8'),
      /^- name: "bob"\n.*\n- name: "cam"\n.*\n {2}clients: \["cam_\*","cam"\]\n.*"addresses":\["hub"\],"methods":\["user\.\*"\]/,
    )
    assert.deepEqual(
      JSON.parse(await readFile(json, 'utf8')).map(({ name }: { name: string }) => name),
      ['old', 'bob', 'cam'],
    )
  })

  test('leaves a file alone that a hub could not read afterwards', async () => {
    const file = join(folder, 'broken.yaml')
    await writeFile(file, 'name: bob\n')
    const { status, err, out } = await Cli.run(['token', '--name', 'x', '--file', file])
    assert.deepEqual([status, out], [1, ''])
    assert.match(err, /broken\.yaml:.*\(token_file\)/)
    assert.equal(await readFile(file, 'utf8'), 'name: bob\n')
    assert.ok((await readdir(folder)).every((name) => !name.endsWith('.tmp')))
  })

  test('refuses what no hub would understand', async () => {
    for (const [args, words] of [
      [['--permissions', 'fly=bob'], /"fly" is no operation/],
      [['--permissions', 'send'], /is no permission: write send,request=bob/],
      [['--permissions', 'send=hub=user.*'], /methods go with the operation request/],
      [['--expires', 'soon'], /"soon" is no time: write a date such as \S+, or a time from now/],
      [['--expires', '2027-13-01'], /expires must be a date/],
    ] as const) {
      const { status, err } = await Cli.run(['token', '--name', 'bob', ...args])
      assert.equal(status, 2, err)
      assert.match(err, words)
    }
  })
})

describe('posthouse up with --token-file', () => {
  async function tokenFor(file: string, ...args: string[]): Promise<string> {
    return (await Cli.run(['token', '--file', file, ...args])).out
  }

  test('lets in who has a token, under the ids that it is for', async () => {
    const file = join(folder, 'guarded.yaml')
    const token = await tokenFor(file, '--name', 'bob', '--clients', 'bob', 'cli_*')
    const amy = { POSTHOUSE_TOKEN: await tokenFor(file, '--name', 'amy') }
    await using hub = await startUp(['--token-file', file, '--data', folder])
    const list = (id: string, env: Record<string, string>): Promise<Ended> =>
      Cli.run(['clients', '--url', hub.url, '--id', id], { env })
    assert.equal((await list('bob', { POSTHOUSE_TOKEN: token })).status, 0)
    const without = await list('bob', {})
    assert.equal(without.status, 4)
    assert.match(without.err, /\(unauthenticated\)/)
    assert.match((await list('bob', { POSTHOUSE_TOKEN: 'ph_wrong' })).err, /\(unauthenticated\)/)
    assert.match((await list('eve', { POSTHOUSE_TOKEN: token })).err, /\(forbidden\)/)
    const nameless = await Cli.run(['clients', '--url', hub.url], { env: amy })
    assert.equal(nameless.status, 4)
    assert.match(nameless.err, /name the client that the token is for with --id \(forbidden\)/)
    const { out } = await Cli.run(['doctor', '--url', hub.url], { env: { POSTHOUSE_TOKEN: token } })
    assert.match(out, /ok +login/)
  })

  test('says what is wrong with the file, or that there is none', async () => {
    const file = join(folder, 'plain.yaml')
    await writeFile(file, '- name: bob\n  token: secret\n')
    const { status, err } = await Cli.run(['up', '--port', '0', '--token-file', file, '--data', folder])
    assert.equal(status, 1)
    assert.match(err, /plain\.yaml:1: entry 1: .*\(token_file\)/)
    assert.doesNotMatch(err, /secret/)
  })

  test('other computers need no --insecure then; the hub says that nothing is encrypted', async () => {
    const file = join(folder, 'wide.yaml')
    await tokenFor(file, '--name', 'bob')
    await using hub = await startUp(['--host', '0.0.0.0', '--token-file', file, '--data', folder])
    await hub.line(/warn .*not encrypted/)
  })
})

test('posthouse up lets clients in by JSON Web Tokens', async () => {
  const secret = 'a secret of 32 bytes, and no less'
  const file = join(folder, 'secret')
  await writeFile(file, `${secret}\n`)
  const args = ['--jwt-secret-file', file, '--jwt-issuer', 'us', '--jwt-audience', 'hub', '--data', folder]
  await using hub = await startUp(args)
  const status = async (claims: Readonly<Record<string, unknown>>): Promise<number | null> => {
    const token = signed({ sub: 'bob', exp: Date.now() / 1000 + 60, iss: 'us', aud: 'hub', ...claims }, secret)
    const env = { POSTHOUSE_TOKEN: token }
    return (await Cli.run(['clients', '--id', 'bob', '--url', hub.url], { env })).status
  }
  assert.equal(await status({}), 0)
  assert.equal(await status({ iss: 'them' }), 4)
  assert.equal(await status({ exp: 1 }), 4)
})

test('posthouse up warns where tokens that are meant for other services come in', async () => {
  const file = join(folder, 'key.pem')
  await writeFile(file, generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }))
  await using hub = await startUp(['--jwt-public-key', file, '--data', folder])
  await hub.line(/warn .*--jwt-audience/)
})

function signed(claims: unknown, secret: string): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

test('posthouse up speaks TLS, and refuses half a certificate', async () => {
  const tls = ['--tls-cert', certificateFile('localhost.pem'), '--tls-key', certificateFile('localhost-key.pem')]
  await using hub = await startUp([...tls, '--data', folder])
  assert.match(hub.url, /^wss:\/\/127\.0\.0\.1:\d+$/)
  const { status, err } = await Cli.run(['clients', '--url', hub.url, '--ca', certificateFile('localhost.pem')])
  assert.equal(status, 0, err)
  hub.signal('SIGHUP')
  await hub.line(/the certificate was read again/)
  const half = await Cli.run(['up', '--port', '0', '--tls-cert', certificateFile('localhost.pem')])
  assert.equal(half.status, 2)
  assert.match(half.err, /--tls-cert and --tls-key belong together/)
  const wrong = ['--tls-cert', certificateFile('localhost.pem'), '--tls-key', certificateFile('other-key.pem')]
  const mismatch = await Cli.run(['up', '--port', '0', '--data', join(folder, 'other'), ...wrong])
  assert.equal(mismatch.status, 1)
  assert.match(mismatch.err, /\(tls_file\)/)
})

test('rules let some cross_comm programs in, and rates hold for everyone', async () => {
  const args = ['--legacy-allow', 'robot_*@127.0.0.0/8', '--allow-origin', 'https://example.org', '--message-rate', '5']
  await using hub = await startUp([...args, '--data', folder])
  const as = (id: string): Promise<Ended> =>
    Cli.run(['clients', '--dialect', 'cross_comm', '--id', id, '--url', hub.url])
  assert.equal((await as('robot_1')).status, 0)
  assert.notEqual((await as('other')).status, 0)
  const { out } = await Cli.run(['doctor', '--url', hub.url, '--origin', 'https://example.org'])
  assert.match(out, /ok +WebSocket .* for pages of https:\/\/example\.org/)
  const flooded = await Cli.run(['bench', '--url', hub.url, '--pairs', '1', '--duration', '100ms', '--json'])
  assert.equal(flooded.status, 1, flooded.out)
})

test('wrong words about access end with status 2', async () => {
  for (const [args, words] of [
    [['--legacy-allow', '@10.0.0.0/8'], /is no rule: write ids/],
    [['--allow-origin', 'example'], /is no origin: write https/],
    [['--byte-rate', 'much'], /is not a number of bytes/],
    [['--jwt-audience', 'us', '--token-file', 'x.yaml'], /need the key of the tokens/],
    [['--jwt-issuer', 'us'], /need the key of the tokens/],
    [['--jwks-url', 'https://x.example', '--token-file', 'x'], /cannot be used with option/],
    [['--jwt-public-key', join(folder, 'none')], /key file cannot be read/],
    [['--no-legacy', '--legacy-allow', 'cam_*'], /'--no-legacy' cannot be used with option '--legacy-allow/],
    [['--message-rate', '0'], /a count is a whole number from 1/],
    [['--byte-rate', '1k'], /must not be less than limits\.frameBytes/],
  ] as const) {
    const { status, err } = await Cli.run(['up', '--port', '0', '--data', folder, ...args])
    assert.equal(status, 2, err)
    assert.match(err, words)
  }
})
