import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type App,
  apiKey,
  basic,
  bearer,
  bytes,
  createApp,
  createRouter,
  depends,
  form,
  multipart,
  type OpenApiDocument,
  oauth2Password,
  passwordGrant,
} from '@posthouse/web'
import { type } from 'arktype'
import { Type } from 'typebox'
import * as v from 'valibot'
import { z } from 'zod'

const redocly = fileURLToPath(new URL('../../../node_modules/@redocly/cli/bin/cli.js', import.meta.url))

/** An app with one of everything that a document can hold. */
function everything(): App {
  const app = createApp({ title: 'Everything', version: '1.2.3', description: 'One of each', env: 'test' })
  const node = z.object({
    name: z.string(),
    get children() {
      return z.array(node)
    },
  })
  const item = z
    .object({ id: z.number().int(), at: z.iso.datetime(), price: z.number().nullable() })
    .meta({ id: 'Item' })
  const router = createRouter({
    prefix: '/v1',
    tags: ['v1'],
    responses: { 404: { description: 'There is none' } },
    dependencies: [depends({ headers: z.object({ 'x-tenant': z.string() }) }, () => undefined)],
  })
  const users = {
    token: bearer((token) => token, { format: 'JWT' }),
    key: apiKey({ in: 'header', name: 'x-key' }, (key) => key),
  }
  router.get('/items/{id}', { params: z.object({ id: z.number() }), response: item, dependencies: users }, () => ({
    id: 1,
    at: '',
    price: null,
  }))
  router.put('/items/:id', { body: item, response: item, deprecated: true, summary: 'Replaces' }, ({ body }) => body)
  router.post('/tree', { body: node, response: node, status: 201 }, ({ body }) => body)
  router.delete('/items/{id}', { status: 204 }, () => undefined)
  app.include(router)
  app.include(router, { prefix: '/again' })
  app.get('/files/{name:path}', () => Buffer.from('x'))
  app.post('/upload', { body: multipart() }, () => null)
  app.post('/image', { body: bytes('image/*') }, () => null)
  app.post('/form', { body: form(v.object({ n: v.number() })) }, ({ body }) => body.n)
  app.post('/ark', { body: type({ 'n?': 'number' }), cookies: z.object({ sid: z.string() }) }, ({ body }) => body.n)
  app.post('/box', { body: Type.Object({ n: Type.Integer() }) }, ({ body }) => body)
  app.post('/token', { body: passwordGrant }, () => ({ access_token: 'x', token_type: 'bearer' }))
  const flow = oauth2Password({ tokenUrl: '/token', scopes: { read: 'Reads' }, required: ['read'] }, (token) => token)
  app.get('/flow', { dependencies: { flow, pair: basic((name) => name) } }, () => null)
  app.get('/hidden', { documented: false }, () => null)
  app.trace('/trace', () => null)
  return app
}

async function lint(document: OpenApiDocument): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-openapi-'))
  try {
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(document))
    await writeFile(join(folder, 'redocly.yaml'), 'extends: [spec]\nrules:\n  struct: error\n')
    const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }
    const args = [redocly, 'lint', 'openapi.json', '--format=json']
    return await promisify(execFile)(process.execPath, args, { cwd: folder, env }).then(
      () => '',
      ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('the OpenAPI document', () => {
  it('is one by the rules of the specification', async () => {
    const app = everything()
    assert.equal(await lint(app.openapi()), '')
    await app.close()
  })

  it('would not be with a fault in it, or the linter looks at nothing', async () => {
    const document = structuredClone(everything().openapi()) as {
      paths: Record<string, { get: { parameters: unknown } }>
    }
    const [path] = Object.values(document.paths)
    assert.ok(path)
    path.get.parameters = [{ name: 'id', in: 'nowhere' }]
    assert.match(await lint(document), /nowhere|`in`|struct/)
  })

  it('has each schema that has a name once, and one that contains itself under a name', () => {
    const { components } = everything().openapi() as { components: { schemas: Record<string, unknown> } }
    assert.deepEqual(Object.keys(components.schemas), ['Problem', 'Item', 'Schema'])
    assert.deepEqual(JSON.stringify(components.schemas.Schema).match(/"\$ref":"[^"]*"/g), [
      '"$ref":"#/components/schemas/Schema"',
    ])
  })

  it('says what each endpoint asks for, also by its dependencies and routers', () => {
    interface Operation {
      operationId: string
      tags: string[]
      security: unknown
      parameters: { name: string; in: string; required: boolean }[]
      responses: object
    }
    const { paths } = everything().openapi() as { paths: Record<string, Record<string, Operation>> }
    const { operationId, tags, security, parameters, responses } = paths['/v1/items/{id}']?.get ?? assert.fail()
    assert.deepEqual([operationId, tags, security], ['get_v1_items_id', ['v1'], [{ bearer: [], apiKey: [] }]])
    assert.deepEqual(
      parameters.map(({ name, in: place, required }) => [name, place, required]),
      [
        ['id', 'path', true],
        ['x-tenant', 'header', true],
      ],
    )
    assert.deepEqual(Object.keys(responses), ['200', '401', '404', '422'])
    assert.deepEqual(Object.keys(paths['/again/v1/tree']?.post?.responses ?? {}), ['201', '400', '404', '422'])
    assert.equal(paths['/hidden'], undefined)
    assert.equal(paths['/again/v1/tree']?.post?.operationId, 'post_again_v1_tree')
  })
})

describe('the documents of an app', () => {
  const pages = ['/openapi.json', '/docs', '/redoc', '/reference']
  const statuses = async (app: App, paths: readonly string[]) => {
    const found = await Promise.all(paths.map(async (path) => (await app.inject(path)).status))
    await app.close()
    return found
  }

  it('are there in development and not in production, unless somebody asks for them', async () => {
    assert.deepEqual(await statuses(createApp({ env: 'development' }), pages), [200, 200, 200, 200])
    assert.deepEqual(await statuses(createApp({ env: 'production' }), pages), [404, 404, 404, 404])
    assert.deepEqual(await statuses(createApp({ env: 'production', docs: { docsUrl: '/d' } }), ['/d']), [404])
    assert.deepEqual(await statuses(createApp({ env: 'production', docs: true }), pages), [200, 200, 200, 200])
    assert.deepEqual(await statuses(createApp({ env: 'development', docs: false }), pages), [404, 404, 404, 404])
  })

  it('can be moved, and taken away one by one', async () => {
    const moved = createApp({ env: 'test', docs: { docsUrl: '/api/docs', redocUrl: null, openapiUrl: '/api.json' } })
    assert.deepEqual(
      await statuses(moved, ['/api/docs', '/api/docs/assets/swagger-ui.css', '/api.json', '/redoc', '/docs']),
      [200, 200, 200, 404, 404],
    )
    assert.deepEqual(
      await statuses(createApp({ env: 'test', docs: { openapiUrl: null } }), pages),
      [404, 404, 404, 404],
    )
  })

  it('give way to an endpoint of the same path', async () => {
    const app = createApp({ env: 'test' })
    app.get('/docs', () => 'mine')
    assert.equal((await app.inject('/docs')).text, '"mine"')
    await app.close()
  })
})
