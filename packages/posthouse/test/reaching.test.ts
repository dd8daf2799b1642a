import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { Cli } from './cli.ts'
import { certificateFile, freePort, serveHttp, serveLine, serveSockets, serveTls } from './servers.ts'

describe('a hub that cannot be reached', () => {
  const reasons: readonly (readonly [string, () => Promise<AsyncDisposable & { readonly port: number }>, RegExp])[] = [
    [
      'where nothing listens',
      async () => ({ port: await freePort(), [Symbol.asyncDispose]: async () => undefined }),
      /nothing listens there \(ECONNREFUSED\)/,
    ],
    ['where a web server is', () => serveHttp((_, answer) => answer.writeHead(404).end()), /it answers HTTP 404/],
    [
      'where a hub takes no more connections',
      () => serveHttp((_, answer) => answer.writeHead(503).end()),
      /it answers HTTP 503: it has as many connections as it may have/,
    ],
    ['where something else is', () => serveLine('220 mail'), /does not match the HTTP/],
  ]
  for (const [where, serve, words] of reasons) {
    test(`${where} is told with the reason, status 3`, async () => {
      await using server = await serve()
      const { status, err } = await Cli.run(['clients', '--url', `ws://127.0.0.1:${server.port}`])
      assert.equal(status, 3, err)
      assert.match(err, words)
    })
  }

  test('is told by the address that was given, whatever was asked there', async () => {
    const address = `127.0.0.1:${await freePort()}`
    for (const args of [['call', 'x'], ['call', 'x', '--http'], ['procedures']]) {
      const { status, err } = await Cli.run([...args, '--url', address])
      assert.equal(status, 3, err)
      assert.match(err, new RegExp(`^error the hub at ws://${address} does not answer: nothing listens there`))
    }
  })
})

describe('a hub that goes away', () => {
  test('is told of once, however often it is tried, and again when it is back', async () => {
    const hub = new Hub()
    const { url, port } = await hub.listen({ port: 0 })
    await using listener = Cli.start(['listen', '--id', 'bob', '--url', url])
    await listener.line(/listening as bob/)
    await hub.close()
    let tries = 0
    const closed = createServer((socket) => {
      socket.destroy()
      if (++tries === 3) closed.close()
    }).listen(port, '127.0.0.1')
    await once(closed, 'close')
    await using back = new Hub()
    await back.listen({ port })
    await listener.line(/connected again/)
    listener.signal('SIGINT')
    const { status, err } = await listener.ended()
    assert.equal(status, 0)
    assert.deepEqual(err.split('\n'), [
      'listening as bob; Ctrl-C stops',
      'the connection is lost; trying again …',
      'connected again',
    ])
  })
})

describe('a hub behind a certificate of its own', () => {
  test('is reached with --ca; without it the message says what is missing', async () => {
    await using hub = new Hub()
    await using server = await serveTls(hub, 'localhost.pem')
    const url = `wss://localhost:${server.port}`
    const trusting = await Cli.run(['clients', '--url', url, '--ca', certificateFile('localhost.pem')])
    assert.equal(trusting.status, 0, trusting.err)
    const strange = await Cli.run(['clients', '--url', url])
    assert.equal(strange.status, 3)
    assert.match(strange.err, /signed by itself: name it with --ca \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
  })

  test('is not reached by ws://, and the message says what it wants', async () => {
    await using hub = new Hub()
    await using server = await serveTls(hub, 'localhost.pem')
    const { status, err } = await Cli.run(['clients', '--url', `ws://localhost:${server.port}`])
    assert.equal(status, 3)
    assert.match(err, /a hub with a certificate wants wss:\/\/ \(UND_ERR_SOCKET\)/)
  })

  test('that has expired is not trusted', async () => {
    await using hub = new Hub()
    await using server = await serveTls(hub, 'expired.pem')
    const args = ['clients', '--url', `wss://localhost:${server.port}`, '--ca', certificateFile('expired.pem')]
    const { status, err } = await Cli.run(args)
    assert.equal(status, 3)
    assert.match(err, /certificate has expired \(CERT_HAS_EXPIRED\)/)
  })

  test('is named in a file that must hold certificates', async () => {
    const { status, err } = await Cli.run(['clients', '--ca', import.meta.filename])
    assert.equal(status, 2)
    assert.match(err, /holds no certificate in PEM form/)
  })
})

describe('the token', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
  })
  after(() => rm(folder, { recursive: true }))

  /** What a command says in its first frame. */
  async function tokenSaid(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown> {
    let token: unknown
    await using server = await serveSockets((socket) =>
      socket.once('message', (data) => {
        token = JSON.parse(String(data)).token
        socket.close(4401, 'wrong token')
      }),
    )
    const { status } = await Cli.run(['clients', '--url', `ws://127.0.0.1:${server.port}`, ...args], { env })
    assert.equal(status, 4)
    return token
  }

  test('comes from a file, from the environment, or from the command line', async () => {
    const file = join(folder, 'token')
    await writeFile(file, 'from-file\n')
    assert.equal(await tokenSaid(['--token-file', file]), 'from-file')
    assert.equal(await tokenSaid([], { POSTHOUSE_TOKEN: 'from-environment' }), 'from-environment')
    assert.equal(await tokenSaid(['--token', 'said'], { POSTHOUSE_TOKEN: 'from-environment' }), 'said')
    assert.equal(await tokenSaid([]), undefined)
  })

  test('is missing where the file is, or says more than one word', async () => {
    const file = join(folder, 'long')
    await writeFile(file, 'two words')
    for (const [args, words] of [
      [['--token-file', join(folder, 'none')], /token file cannot be read/],
      [['--token-file', file], /holds more than one word/],
      [['--token-file', `two-words-${'x'.repeat(40)}`], /takes a file, and not the token itself/],
      [['--token-file', file, '--token', 'x'], /cannot be used with option/],
    ] as const) {
      const { status, err } = await Cli.run(['clients', ...args])
      assert.equal(status, 2, err)
      assert.match(err, words)
      assert.doesNotMatch(err, /two.words/)
    }
  })
})

test('clients are listed with times that say their zone', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  await Cli.run(['send', 'hub', 'x', '--id', 'early', '--url', url])
  const { out } = await Cli.run(['clients', '--all', '--url', url], { env: { TZ: 'America/St_Johns' } })
  assert.match(out, /early .*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d-0[23]:30/)
})

test('a command speaks the dialect that it is told to', async () => {
  await using hub = new Hub()
  const { url } = await hub.listen({ port: 0 })
  await using listener = Cli.start(['listen', '--id', 'binary', '--dialect', 'msgpack', '--url', url])
  await listener.line(/listening as/)
  assert.equal(hub.clients().find(({ client }) => client === 'binary')?.dialect, 'msgpack')
})
