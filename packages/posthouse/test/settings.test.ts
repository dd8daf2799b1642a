import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { Command } from 'commander'
import type { PosthouseSettings } from 'posthouse'
import { hubOptionsOf, listenOptionsOf } from '../src/hub-words.ts'
import { applySettings, sourceOf } from '../src/settings/apply-settings.ts'
import { nearest } from '../src/settings/nearest.ts'
import { settingsOf } from '../src/settings/setting.ts'
import { type UpWords, withUpWords } from '../src/up-words.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Environment = Readonly<Record<string, string>>

/** The settings that flags, environment and a file make together. */
async function settle(args: readonly string[], env: Environment = {}, content?: unknown, name = 'x.json') {
  await using folder = await temporaryFolder()
  const file = folder.path(name)
  const words = [...args]
  if (content !== undefined) {
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
    words.push('--config', file)
  }
  const command = withUpWords(new Command('up').exitOverride().configureOutput({ writeErr: () => undefined }))
  command.action(() => undefined)
  await command.parseAsync(words, { from: 'user' })
  const applied = await applySettings(command, env)
  return { ...applied, words: command.opts<UpWords>(), from: (setting: string) => sourceOf(command, setting) }
}

describe('settings', () => {
  test('come from flags, then from the environment, then from the file', async () => {
    const file = { port: 1, host: '::1', data: 'kept', messageRate: false, channel: ['a=off', 'b.**=5,1h'] }
    const { words, from } = await settle(['--port', '3'], { POSTHOUSE_PORT: '2', POSTHOUSE_HOST: '127.0.0.2' }, file)
    assert.deepEqual([words.port, words.host, words.data, words.messageRate], [3, '127.0.0.2', 'kept', false])
    assert.deepEqual(
      words.channel?.map(({ pattern }) => pattern),
      ['a', 'b.**'],
    )
    const names = ['port', 'host', 'data', 'durability']
    assert.deepEqual(names.map(from), ['flag', 'environment', 'file', 'default'])
  })

  test('are words in the environment', async () => {
    const { words } = await settle([], {
      POSTHOUSE_INSECURE: 'yes',
      POSTHOUSE_LEGACY: '0',
      POSTHOUSE_ALLOW_ORIGIN: 'https://a.example https://b.example',
      POSTHOUSE_HEARTBEAT_TIMEOUT: '2m',
      POSTHOUSE_PORT: '',
    })
    assert.deepEqual([words.insecure, words.legacy, words.heartbeatTimeout, words.port], [true, false, 120_000, 9898])
    assert.deepEqual(words.allowOrigin, ['https://a.example', 'https://b.example'])
  })

  test('name the key that is wrong, and where it is', async () => {
    for (const [env, file, message] of [
      [{}, { prot: 1 }, /x\.json: there is no setting "prot"; did you mean port\?/],
      [{}, { 'token-file': 'x' }, /there is no setting "token-file"; did you mean tokenFile\?/],
      [{}, { colour: 'red' }, /there is no setting "colour"; posthouse config shows/],
      [{}, { constructor: 'x' }, /there is no setting "constructor"/],
      [{}, { port: 70_000 }, /x\.json: port: a port is a number from 0 to 65535/],
      [{}, { port: [1, 2] }, /x\.json: port: it takes one value/],
      [{}, { port: { value: 1 } }, /x\.json: port: it takes text or a number/],
      [{}, { port: null }, /x\.json: port: it takes text or a number/],
      [{}, { insecure: 'yes' }, /x\.json: insecure: it is true or false, not "yes"/],
      [{}, { durability: 'paper' }, /x\.json: durability: .*Allowed choices are/],
      [{}, [], /the settings must be an object/],
      [{}, '{', /x\.json is no JSON/],
      [{}, { heartbeatInterval: '99ms' }, /x\.json: heartbeatInterval: "99ms" is too short: write 100ms or more/],
      [{}, { heartbeatTimeout: '1ms' }, /x\.json: heartbeatTimeout: "1ms" is too short/],
      [{ POSTHOUSE_PORT: 'x' }, undefined, /^POSTHOUSE_PORT: a port is a number/],
      [{ POSTHOUSE_INSECURE: 'perhaps' }, undefined, /^POSTHOUSE_INSECURE: it is true or false/],
      [{ POSTHOUSE_CONFIG: '/nowhere/x.json' }, undefined, /there is no configuration file/],
      [{}, { tokenFile: 'a', jwksUrl: 'https://x.example' }, /tokenFile and jwksUrl exclude each other/],
    ] as const) {
      await assert.rejects(settle([], env, file), { code: 'invalid_option', message })
    }
  })

  test('of those that exclude each other, the stronger one holds', async () => {
    const file = { jwksUrl: 'https://x.example', legacyAllow: ['a'] }
    const { words, from } = await settle(['--token-file', 'x', '--no-legacy'], {}, file)
    assert.deepEqual(
      [words.tokenFile, words.jwksUrl, words.legacy, words.legacyAllow],
      ['x', undefined, false, undefined],
    )
    assert.equal(from('jwksUrl'), 'default')
    const tokens = { jwksUrl: 'https://x.example', jwtIssuer: 'x', jwtAudience: 'hub' }
    const replaced = await settle([], { POSTHOUSE_TOKEN_FILE: 'x' }, tokens)
    assert.deepEqual([replaced.words.jwtIssuer, replaced.words.jwtAudience], [undefined, undefined])
    const other = await settle(['--legacy-allow', 'a'], {}, { legacy: false })
    assert.deepEqual([other.words.legacy, other.words.legacyAllow], [true, [{ clients: ['a'] }]])
  })

  test('reach the hub', async () => {
    const { words } = await settle([
      ...['--message-rate', '50', '--byte-rate', 'off', '--connect-rate', '7', '--max-connections', '9'],
      ...['--heartbeat-interval', '2s', '--heartbeat-timeout', '1m', '--host', '::1', '--port', '0', '--insecure'],
      ...[
        '--channel',
        'a.**=5,1h',
        '--channel',
        'b=off',
        '--legacy-allow',
        'c,d@::1',
        '--allow-origin',
        'http://x.example/y',
      ],
      ...['--tls-cert', 'c.pem', '--tls-key', 'k.pem'],
    ])
    assert.deepEqual(await hubOptionsOf(words), {
      crossComm: true,
      rates: { messages: 50, bytes: false, connects: 7 },
      quotas: { connections: 9 },
      legacyAllow: [{ clients: ['c', 'd'], networks: ['::1'] }],
      channels: [
        { pattern: 'a.**', history: { messages: 5, ageMs: 3_600_000 } },
        { pattern: 'b', history: false },
      ],
      allowedOrigins: ['http://x.example'],
      heartbeatIntervalMs: 2000,
      heartbeatTimeoutMs: 60_000,
    })
    const tls = { cert: 'c.pem', key: 'k.pem' }
    assert.deepEqual(listenOptionsOf(words), { host: '::1', port: 0, insecure: true, tls })
  })

  test('doubt variables that look like misspelled ones, and leave others alone', async () => {
    const { doubts } = await settle([], { POSTHOUSE_PROT: '1', POSTHOUSE_TOKEN: 'x', POSTHOUSE_SOMETHING_ELSE: '1' })
    assert.deepEqual(doubts, ['POSTHOUSE_PROT is no setting; did you mean POSTHOUSE_PORT?'])
  })

  test('may be a program, which brings an app and what is to be done with the hub', async () => {
    const source = 'export const settings = { port: 0 }\nexport const onHub = () => undefined\n'
    const { words, file } = await settle([], {}, source, 'posthouse.config.ts')
    assert.deepEqual([words.port, typeof file.onHub], [0, 'function'])
    const whole = 'export default { settings: { port: 5 }, onHub: () => undefined }\n'
    const other = await settle([], {}, whole, 'posthouse.config.ts')
    assert.deepEqual([other.words.port, typeof other.file.onHub], [5, 'function'])
    for (const [wrong, message] of [
      ['export const ap = 1', /it has "ap"; did you mean app\?/],
      ['export default { ap: 1 }', /it has "ap"; did you mean app\?/],
      ['export default 1', /its default must be what defineConfig takes/],
      ['export const settings = {}\nexport default {}', /one of both will do/],
      ['export const app = 1', /app must be what createApp made/],
      ['export const procedures = 1', /procedures must be an object/],
      ['export const onHub = 1', /onHub must be a function/],
      ['export const settings = 1', /the settings must be an object/],
      ['export const colour = 1', /it may have settings, app, procedures and onHub/],
    ] as const) {
      await assert.rejects(settle([], {}, wrong, 'posthouse.config.ts'), { code: 'invalid_option', message })
    }
  })

  test('have types, by which an editor knows each of them', () => {
    const names = settingsOf(withUpWords(new Command('up'))).map((option) => option.attributeName())
    assert.deepEqual(Object.keys(typed).sort(), [...new Set(names)].sort())
  })
})

/** Does not compile where a setting is missing here, or is none. */
const typed: Readonly<Record<keyof PosthouseSettings, true>> = {
  host: true,
  port: true,
  data: true,
  durability: true,
  statusFile: true,
  logLevel: true,
  env: true,
  administration: true,
  metrics: true,
  drainDelay: true,
  tokenFile: true,
  jwksUrl: true,
  jwtPublicKey: true,
  jwtSecretFile: true,
  jwtIssuer: true,
  jwtAudience: true,
  tlsCert: true,
  tlsKey: true,
  insecure: true,
  allowOrigin: true,
  legacy: true,
  legacyAllow: true,
  messageRate: true,
  byteRate: true,
  connectRate: true,
  maxConnections: true,
  heartbeatInterval: true,
  heartbeatTimeout: true,
  channel: true,
  storage: true,
  s3Bucket: true,
  s3Endpoint: true,
  s3Region: true,
  fileBytes: true,
  filesTotal: true,
  filesKeep: true,
  uploadsKeep: true,
  publicUrl: true,
  procedures: true,
  callbackAllow: true,
}

test('a word is near where two letters are wrong, and no more', () => {
  assert.equal(nearest('hsot', ['host', 'port']), 'host')
  assert.equal(nearest('tls_cert', ['tlsCert', 'tlsKey']), 'tlsCert')
  assert.equal(nearest('durable', ['durability']), undefined)
  assert.equal(nearest('', []), undefined)
})
