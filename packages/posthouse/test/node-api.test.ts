import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { HubClient } from '@posthouse/client'
import { MemoryBlobStore } from '@posthouse/core'
import { Files } from '@posthouse/files'
import { createToken, Hub, tokenFile } from '@posthouse/hub'
import { createNode, filesDoor, type PosthouseNode } from 'posthouse'
import { callsDoor } from '../src/node/calls-door.ts'
import { buildProgram } from '../src/program.ts'
import { Terminal } from '../src/terminal.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Asks a node over its port, with the headers as they are given. */
function ask(url: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const asked = request(url, { method, headers: { ...(body && { 'content-type': 'application/json' }), ...headers } })
  asked.once('error', reject)
  asked.once('response', async (response) => {
    const text = (await response.toArray()).join('')
    resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) })
  })
  asked.end(body)
  return promise
}

/** Where the node does by HTTP what a command does at a hub. */
const operations: Readonly<Record<string, string>> = {
  send: 'POST /api/v1/messages',
  publish: 'POST /api/v1/messages',
  call: 'POST /api/call',
  procedures: 'GET /api/procedures',
  clients: 'GET /api/v1/clients',
  watch: 'GET /api/v1/stats',
  stats: 'GET /api/v1/statistics',
  'groups list': 'GET /api/v1/groups',
  'groups members': 'GET /api/v1/groups/{group}',
  'groups add': 'PUT /api/v1/groups/{group}/members/{client}',
  'groups remove': 'DELETE /api/v1/groups/{group}/members/{client}',
  'groups end': 'DELETE /api/v1/groups/{group}',
  channels: 'GET /api/v1/channels',
  history: 'GET /api/v1/channels/{channel}/history',
  queues: 'GET /api/v1/queues',
  inbox: 'GET /api/v1/inboxes/{client}',
  'dead-letters list': 'GET /api/v1/dead-letters',
  'dead-letters show': 'GET /api/v1/dead-letters/{seq}',
  'dead-letters redrive': 'POST /api/v1/dead-letters/redrive',
  'dead-letters purge': 'POST /api/v1/dead-letters/purge',
  'files list': 'GET /api/v1/files',
  'files get': 'GET /api/v1/files/{key:path}',
  'files rm': 'DELETE /api/v1/files/{key:path}',
  'files gc': 'POST /api/v1/files/gc',
}

/** Commands that ask no hub for anything, or are clients that take messages. */
const withoutHub = [
  ...['up', 'config', 'token', 'backup', 'callback-keys', 'dev', 'serve', 'routes', 'openapi', 'asyncapi', 'new'],
  ...['listen', 'subscribe', 'doctor', 'bench', 'completion'],
]

async function openNode(): Promise<PosthouseNode & { readonly base: string; readonly port: number }> {
  const node = createNode({ env: 'test' })
  const { port } = await node.listen({ port: 0 })
  return Object.assign(node, { port, base: `http://127.0.0.1:${port}/api/v1` })
}

describe('administration by HTTP', () => {
  test('does what the command line does', async () => {
    await using node = await openNode()
    const { base, hub } = node
    await using alice = new HubClient({ url: base.replace('http', 'ws').replace('/api/v1', ''), clientId: 'alice' })
    await alice.connect()
    await alice.setState({ mood: 'fine' })
    const put = await ask(`${base}/groups/ops/members/bob`, { method: 'PUT' })
    assert.deepEqual([put.status, put.body.role], [200, 'owner'])
    assert.deepEqual((await ask(`${base}/groups`)).body, { groups: [{ group: 'ops', members: 1 }], more: false })
    assert.equal((await ask(`${base}/groups/none`)).status, 404)
    const sent = await ask(`${base}/messages`, { method: 'POST', body: '{"to": "bob", "body": {"n": 1}}' })
    assert.deepEqual([sent.status, sent.body.state], [200, 'stored'])
    const inbox = await ask(`${base}/inboxes/bob?bodies=true`)
    assert.match(JSON.stringify(inbox.body), /"body":\{"n":1\}/)
    const { body: listed } = await ask(`${base}/clients`)
    assert.match(JSON.stringify(listed), /"client":"alice".*"state":\{"mood":"fine"\}/)
    assert.deepEqual((await ask(`${base}/clients?online=false&limit=1`)).body.more, true)
    await hub.send('channel:plant.heat', { degrees: 20 })
    const { body: history } = await ask(`${base}/channels/plant.heat/history?last=5`)
    assert.match(JSON.stringify(history), /"degrees":20/)
    assert.equal((await ask(`${base}/channels/plant.heat/history?seq=5`)).status, 422)
    assert.deepEqual((await ask(`${base}/queues`)).body, { queues: [], more: false })
    assert.deepEqual((await ask(`${base}/dead-letters`)).body, { entries: [] })
    assert.equal((await ask(`${base}/dead-letters/9`)).status, 404)
    assert.equal((await ask(`${base}/dead-letters/purge`, { method: 'POST', body: '{}' })).status, 422)
    assert.deepEqual((await ask(`${base}/dead-letters/purge`, { method: 'POST', body: '{"all": true}' })).body, {
      purged: 0,
    })
    assert.equal((await ask(`${base}/stats`)).body.node, hub.node)
    assert.equal((await ask(`${base}/statistics?by=type`)).status, 200)
    assert.equal((await ask(`${base}/statistics?colour=red`)).status, 422)
    assert.deepEqual((await ask(`${base}/clients/alice`, { method: 'DELETE' })).body, { disconnected: true })
    assert.equal((await ask(`${base}/clients/carol`)).status, 404)
  })

  test('is open to this computer where nobody is asked who they are, and says so', async () => {
    await using node = await openNode()
    const { base, port } = node
    assert.match(String((await ask(base)).body.access), /open to this computer, and to no other/)
    assert.deepEqual(await ask(`${base}/`), await ask(base))
    const from = async (headers: Readonly<Record<string, string>>, method = 'GET'): Promise<number> =>
      (await ask(base, { headers, method })).status
    assert.equal(await from({ host: `localhost:${port}` }), 200)
    assert.equal(await from({ origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' }), 200)
    // A name of elsewhere that was made to point here, and pages that are not the node's.
    assert.equal(await from({ host: `rebound.example:${port}` }), 403)
    assert.equal(await from({ host: `rebound.example:${port}`, origin: `http://rebound.example:${port}` }), 403)
    assert.equal(await from({ host: `localhost.rebound.example:${port}` }), 403)
    assert.equal(await from({ host: 'rebound.example@127.0.0.1' }), 403)
    assert.equal(await from({ origin: 'https://elsewhere.example' }), 403)
    assert.equal(await from({ origin: 'null' }), 403)
    assert.equal(await from({ origin: `http://127.0.0.1:${port + 1}` }), 403)
    assert.equal(await from({ 'sec-fetch-site': 'cross-site' }), 403)
    assert.equal(await from({ 'sec-fetch-site': 'same-site' }), 403)
    assert.equal(await from({ 'x-forwarded-for': '192.0.2.7' }), 403)
  })

  test('asks for a token that may administer where clients need tokens', async () => {
    const admin = createToken()
    const bob = createToken()
    await using folder = await temporaryFolder()
    const file = folder.path('tokens.json')
    const entries = [
      { name: 'root', hash: admin.hash, permissions: [{ operations: ['administer'], addresses: ['*'] }] },
      { name: 'bob', hash: bob.hash },
    ]
    await writeFile(file, JSON.stringify(entries))
    await using node = createNode({ hub: new Hub({ authenticate: tokenFile(file) }), env: 'test' })
    const { port } = await node.listen({ port: 0 })
    const get = (path: string, token?: string): Promise<Answer> =>
      ask(
        `http://127.0.0.1:${port}${path}`,
        token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
      )
    assert.equal((await get('/api/v1')).status, 401)
    assert.equal((await get('/api/v1/')).status, 401)
    assert.equal((await get('/api/v1', 'ph_wrong')).status, 401)
    assert.equal((await get(`/api/v1?token=${admin.token}`)).status, 401)
    assert.equal((await get('/api/v1/stats', bob.token)).status, 403)
    assert.equal((await get('/metrics')).status, 401)
    assert.deepEqual((await get('/api/v1', admin.token)).body.name, 'root')
    assert.equal((await get('/api/v1/stats', admin.token)).status, 200)
    assert.equal((await get('/healthz')).status, 200)
  })

  test('ends the node in good order', async () => {
    await using node = await openNode()
    assert.deepEqual(await ask(`${node.base}/drain`, { method: 'POST', body: '{"graceMs": 100}' }), {
      status: 202,
      body: { draining: true },
    })
    assert.ok(node.leaving.aborted)
    await node.drain()
  })

  test('has everything that the commands do at a hub', async () => {
    const files = new Files({ store: new MemoryBlobStore() })
    const hub = new Hub({ files })
    await using node = createNode({ env: 'test', hub, doors: [filesDoor(files), callsDoor({ hub, procedures: {} })] })
    const routes = new Set(
      node.api.routes().map(({ endpoint, path }) => `${endpoint.kind === 'http' ? endpoint.method : 'WS'} ${path}`),
    )
    const commands = buildProgram(new Terminal()).commands.flatMap((command) => {
      const [first] = command.registeredArguments
      const actions = first?.name() === 'action' ? (first.argChoices ?? []) : ['']
      return actions.map((action) => `${command.name()} ${action}`.trim())
    })
    assert.deepEqual(commands.filter((command) => !(command in operations)).sort(), [...withoutHub].sort())
    const guide = await readFile(new URL('../../../docs/guides/http-api.md', import.meta.url), 'utf8')
    for (const route of [...routes].filter((each) => each.includes(' /api/'))) {
      assert.ok(guide.includes(`\`${route.replace(/:path|\/$/, '')}\``), `docs/guides/http-api.md has ${route}`)
    }
    for (const [command, route] of Object.entries(operations)) {
      assert.ok(commands.includes(command), command)
      assert.ok(routes.has(route), `${command}: ${route}`)
    }
  })

  test('is in the documents, and is not there where it is not wanted', async () => {
    await using node = createNode({ env: 'test' })
    const paths = Object.keys((await node.api.inject('/openapi.json')).json<{ paths: object }>().paths)
    for (const path of ['/api/v1', '/api/v1/clients/{client}', '/metrics', '/readyz'])
      assert.ok(paths.includes(path), path)
    await using bare = createNode({ env: 'production', administration: false, metrics: 'off' })
    for (const path of ['/openapi.json', '/docs', '/api/v1', '/metrics']) {
      assert.equal((await bare.api.inject(path)).status, 404, path)
    }
  })
})
