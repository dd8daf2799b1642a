import assert from 'node:assert/strict'
import { rename, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HubClient } from '@posthouse/client'
import { Cli, startUp } from './cli.ts'
import { temporaryFolder } from './temporary-folder.ts'

const example = fileURLToPath(new URL('../../../examples/70-one-node/posthouse.config.ts', import.meta.url))

describe('posthouse config', () => {
  test('prints what is in force and where it comes from, and no secrets', async () => {
    await using folder = await temporaryFolder()
    const settings = { port: 7000, jwksUrl: 'https://me:hush@keys.example/jwks' }
    await writeFile(folder.path('posthouse.config.json'), JSON.stringify(settings))
    const cwd = folder.path('')
    const env = { POSTHOUSE_MESSAGE_RATE: '10', POSTHOUSE_PROT: '1' }
    const { status, out, err } = await Cli.run(['config', '--log-level', 'warn'], { cwd, env })
    assert.equal(status, 0, err)
    assert.match(out, /^port +7000 +posthouse\.config\.json$/m)
    assert.match(out, /^messageRate +10 +POSTHOUSE_MESSAGE_RATE$/m)
    assert.match(out, /^logLevel +warn +--log-level$/m)
    assert.match(out, /^durability +disk +default$/m)
    assert.match(out, /^byteRate +- +default$/m)
    assert.match(err, /A setting with - is left to its default, which posthouse up --help describes/)
    assert.match(err, /POSTHOUSE_PROT is no setting; did you mean POSTHOUSE_PORT\?/)
    const told = await Cli.run(['config', '--json'], { cwd, env })
    const { file, settings: listed } = JSON.parse(told.out)
    assert.equal(file, 'posthouse.config.json')
    const jwks = listed.find(({ setting }: { setting: string }) => setting === 'jwksUrl')
    const value = 'https://***@keys.example/jwks'
    assert.deepEqual(jwks, { setting: 'jwksUrl', value, source: 'file', from: 'posthouse.config.json' })
    assert.doesNotMatch(out + told.out, /hush/)
  })

  test('ends with status 2 where the file is wrong, as posthouse up does', async () => {
    await using folder = await temporaryFolder()
    await writeFile(folder.path('posthouse.config.json'), '{"durabilty": "disk"}')
    for (const command of ['config', 'up']) {
      const { status, err } = await Cli.run([command], { cwd: folder.path('') })
      assert.equal(status, 2, err)
      assert.match(err, /posthouse\.config\.json: there is no setting "durabilty"; did you mean durability\?/)
    }
    await writeFile(folder.path('wrong.ts'), 'export const settings = {}\nthrow new Error("no such sensor")\n')
    const { status, err } = await Cli.run(['config', '--config', 'wrong.ts'], { cwd: folder.path('') })
    assert.equal(status, 2, err)
    assert.match(err, /wrong\.ts cannot be loaded: no such sensor, at wrong\.ts:2/)
  })
})

test('posthouse up serves the app and the procedures of its configuration file, and hands its hub over', async () => {
  await using folder = await temporaryFolder()
  await using up = await startUp(['--config', example, '--data', folder.path('data')])
  const base = up.url.replace('ws', 'http')
  await using sensor = new HubClient({ url: up.url, clientId: 'sensor' })
  await sensor.connect()
  await sensor.publish('sensors.door', '21')
  assert.equal(await sensor.request('hub', 'readings.count'), 1)
  assert.equal(await (await fetch(`${base}/readings/door`)).text(), '{"value":21}')
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const call = { ...asked, body: '{"api": "reading.get", "data": {"sensor": "door"}}' }
  assert.match(await (await fetch(`${base}/api/call`, call)).text(), /"data":21/)
  const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as { paths: object }
  for (const path of ['/readings/{sensor}', '/api/v1/stats']) assert.ok(path in paths, path)
})

test('posthouse up goes on where nobody reads its log, and ends where a program of the user holds something open', async () => {
  await using folder = await temporaryFolder()
  const program =
    'setInterval(() => undefined, 60_000)\nexport const onHub = () => setInterval(() => undefined, 60_000)\n'
  await writeFile(folder.path('posthouse.config.mjs'), program)
  await using up = await startUp(['--data', folder.path('data')], { cwd: folder.path('') })
  up.stopReading()
  for (const clientId of ['ann', 'bob']) {
    await using client = new HubClient({ url: up.url, clientId })
    await client.connect()
    assert.equal((await client.send('hub', 'are you there?')).state, 'stored')
  }
  up.signal('SIGTERM')
  assert.equal((await up.ended()).status, 0)
})

test('posthouse dev runs a node, and again when its configuration file changes', { timeout: 60_000 }, async () => {
  await using folder = await temporaryFolder()
  const file = folder.path('posthouse.config.json')
  const content = { port: 0, durability: 'memory', data: folder.path('data'), logLevel: 'info' }
  await writeFile(file, JSON.stringify(content))
  await using dev = Cli.start(['dev'], { cwd: folder.path('') })
  await dev.line(/listening on ws:/)
  // Many editors put another file in the place of the old one.
  const replace = async (settings: object): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify(settings))
    await rename(`${file}.new`, file)
  }
  await replace({ ...content, colour: 'red' })
  await dev.line(/there is no setting "colour"/)
  await replace(content)
  await dev.line(/posthouse\.config\.json has changed/, 2)
  await dev.line(/listening on ws:/, 2)
  dev.signal('SIGINT')
  assert.equal((await dev.ended()).status, 0)
})
