import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Cli } from './cli.ts'

const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url))

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function addressIn(cli: Cli, pattern: RegExp): Promise<string> {
  return /http:\/\/[^\s,]+?(?=[.,]? )/.exec(await cli.line(pattern))?.[0] ?? ''
}

suite('the commands for apps', () => {
  let folder = ''
  let app = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'posthouse-app-'))
    await symlink(packages, join(folder, 'node_modules'))
    const made = await Cli.run(['new', 'shop'], { cwd: folder })
    assert.equal(made.status, 0, made.err)
    app = join(folder, 'shop', 'src', 'app.ts')
  })

  after(() => rm(folder, { recursive: true }))

  test('new makes a project whose tests run and whose types fit, and leaves what is there alone', async () => {
    const cwd = join(folder, 'shop')
    // Without what tells this test's own process that it is one.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = ['--conditions=@posthouse/source', '--test', 'test/app.test.ts']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env })
    assert.match(stdout, /pass 3\n/)
    const compiler = join(packages, 'typescript', 'bin', 'tsc')
    await promisify(execFile)(process.execPath, [compiler, '--customConditions', '@posthouse/source'], { cwd })
    const again = await Cli.run(['new', 'shop'], { cwd: folder })
    assert.equal(again.status, 2)
    assert.match(again.err, /shop is not empty/)
    assert.equal((await Cli.run(['new', 'Ein Laden'], { cwd: folder })).status, 2)
  })

  test('routes lists endpoints of both kinds', async () => {
    const { out, status } = await Cli.run(['routes', app])
    assert.equal(status, 0)
    assert.match(out, /^METHOD +PATH +TAGS +SUMMARY$/m)
    assert.match(out, /^GET +\/items\/\{id\} +items$/m)
    assert.match(out, /^WS +\/ws\/chat +chat +Says it louder$/m)
    const json = (await Cli.run(['routes', app, '--json'])).out.split('\n').map((line) => JSON.parse(line))
    assert.deepEqual(json[0], { method: 'GET', path: '/', tags: [], summary: 'Says hello' })
  })

  test('openapi and asyncapi print documents, or write them', async () => {
    const openapi = await Cli.run(['openapi', app])
    assert.partialDeepStrictEqual(JSON.parse(openapi.out), { openapi: '3.1.0', info: { title: 'shop' } })
    const file = join(folder, 'asyncapi.json')
    const { out, status } = await Cli.run(['asyncapi', app, '--out', file])
    assert.deepEqual([out, status], ['', 0])
    assert.partialDeepStrictEqual(JSON.parse(await readFile(file, 'utf8')), {
      asyncapi: '3.0.0',
      channels: { ws_chat: { address: '/ws/chat' } },
    })
  })

  test('say what is wrong with a file', async () => {
    const empty = join(folder, 'empty.ts')
    await writeFile(empty, 'export const other = 1\n')
    const { err, status } = await Cli.run(['routes', empty])
    assert.equal(status, 2)
    assert.match(err, /exports no app \(export const app = createApp\(\)\); it exports other/)
    assert.equal((await Cli.run(['serve', join(folder, 'missing.ts')])).status, 2)
    assert.match((await Cli.run(['openapi', folder])).err, /is no file; name the one that exports the app/)
    const broken = join(folder, 'broken.ts')
    await writeFile(broken, 'export const app = 1\nconst x = ;\n')
    const wrong = await Cli.run(['routes', broken])
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /broken\.ts cannot be loaded: .*, at .*broken\.ts:2/)
  })

  test('dev ends where there is no file that it could watch', async () => {
    const missing = await Cli.run(['dev', 'missing.ts'], { cwd: folder })
    assert.deepEqual([missing.status, missing.out], [2, ''])
    assert.match(missing.err, /there is no file missing\.ts \(invalid_option\)/)
    const unnamed = await Cli.run(['dev'], { cwd: folder })
    assert.equal(unnamed.status, 2)
    assert.match(unnamed.err, /name a file, or make one of posthouse\.config\.ts/)
  })

  test('serve gives up where the port is taken, also with workers', async () => {
    await using cli = Cli.start(['serve', app, '--port', '0'])
    const { port } = new URL(await addressIn(cli, /listening on/))
    const taken = await Cli.run(['serve', app, '--port', port, '--workers', '3'])
    assert.equal(taken.status, 1)
    assert.match(taken.err, /port \d+ on 127\.0\.0\.1 is in use/)
    assert.equal(taken.err.match(/a worker has ended with/g)?.length, 3)
  })

  test('serve answers in production, without documents, until it is told to stop', async () => {
    await using cli = Cli.start(['serve', app, '--port', '0'])
    const url = await addressIn(cli, /listening on/)
    assert.equal(await (await fetch(url)).text(), '{"Hello":"World"}')
    assert.equal((await fetch(`${url}/asyncapi.json`)).status, 404)
    cli.signal('SIGTERM')
    assert.equal((await cli.ended()).status, 0)
  })

  test('serve shares a port between workers, unless the app says why it cannot', async () => {
    const port = await freePort()
    await using cli = Cli.start(['serve', app, '--port', String(port), '--workers', '2'])
    await cli.line(/listening on/)
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), '{"Hello":"World"}')
    cli.signal('SIGTERM')
    assert.equal((await cli.ended()).status, 0)
    const alone = join(folder, 'shop', 'alone.ts')
    await writeFile(
      alone,
      `import { createApp } from '@posthouse/web'\nexport const app = createApp({ oneProcess: 'members are known in memory only' })\n`,
    )
    const refused = await Cli.run(['serve', alone, '--workers', '2'])
    assert.equal(refused.status, 2)
    assert.match(refused.err, /cannot be served by 2 workers: members are known in memory only/)
    const hub = join(folder, 'shop', 'hub.ts')
    await writeFile(
      hub,
      `import { Hub } from '@posthouse/hub'\nimport { createApp } from '@posthouse/web'\nexport const app = createApp()\nexport const relay = new Hub()\n`,
    )
    assert.match((await Cli.run(['serve', hub, '--workers', '2'])).err, /its hub \(relay\) knows only the clients/)
  })

  test('dev serves anew with each change, and shows the line that fails', { timeout: 120_000 }, async () => {
    const file = join(folder, 'shop', 'dev.ts')
    const program = (hello: string): string =>
      `import { createApp } from '@posthouse/web'\n\nexport const app = createApp()\napp.get('/', () => '${hello}')\n`
    const failing = `app.get('/failing', () => { throw new TypeError('no such thing') })\n`
    await writeFile(file, program('first') + failing)
    const port = String(await freePort())
    await using cli = Cli.start(['dev', file, '--port', port])
    const url = await addressIn(cli, /serving .*dev\.ts on/)
    assert.equal(await (await fetch(url)).text(), '"first"')
    assert.equal((await fetch(`${url}/asyncapi`)).status, 200)
    assert.equal((await fetch(`${url}/failing`)).status, 500)
    await cli.line(/^TypeError no such thing$/)
    await cli.line(/^> {4}5 \| app\.get\('\/failing'/)
    await using second = Cli.start(['dev', file, '--port', port])
    await second.line(/port \d+ on 127\.0\.0\.1 is in use$/)
    second.signal('SIGTERM')
    assert.doesNotMatch((await second.ended()).err, / \| /)
    await writeFile(file, `${program('second')}throw new Error('deliberate')\n`)
    await cli.line(/^Error deliberate$/)
    await cli.line(/^> {4}5 \| throw new Error\('deliberate'\)$/)
    await writeFile(file, `${program('third')}const x = ;\n`)
    await cli.line(/^> {4}5 \| const x = ;$/)
    await writeFile(file, program('fourth'))
    await cli.line(/serving .*dev\.ts on/, 2)
    assert.equal(await (await fetch(url)).text(), '"fourth"')
    cli.signal('SIGTERM')
    assert.equal((await cli.ended()).status, 0)
  })
})
