import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { isPosthouseError } from '@posthouse/core'
import { createApp } from '@posthouse/web'

describe('pages of another origin', () => {
  const preflight = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' }

  it('may read responses where their origin is listed', async () => {
    await using app = createApp({ env: 'test', cors: { origins: ['https://app.example'], credentials: true } })
    app.put('/', () => 1)
    const ask = (origin: string) => app.inject({ method: 'OPTIONS', url: '/', headers: { ...preflight, origin } })
    const allowed = await ask('https://app.example')
    assert.equal(allowed.headers['access-control-allow-origin'], 'https://app.example')
    assert.equal(allowed.headers['access-control-allow-credentials'], 'true')
    assert.equal(allowed.headers['access-control-max-age'], '600')
    for (const origin of ['https://app.example.evil.example', 'http://app.example', 'null'])
      assert.equal((await ask(origin)).headers['access-control-allow-origin'], undefined, origin)
  })

  it('may not, unless an app says so', async () => {
    await using app = createApp({ env: 'test' })
    app.get('/', () => 1)
    const { headers } = await app.inject({ url: '/', headers: { origin: 'https://app.example' } })
    assert.equal(headers['access-control-allow-origin'], undefined)
  })

  it('never get credentials by a wildcard', async () => {
    await using app = createApp({ env: 'test', cors: { origins: '*', credentials: true } })
    await assert.rejects(app.ready(), (error) => isPosthouseError(error) && error.code === 'invalid_option')
  })
})

describe('compression', () => {
  it('is for large responses that are text, and for clients that ask', async () => {
    await using app = createApp({ env: 'test', compression: true })
    app.get('/large', () => 'x'.repeat(5000))
    app.get('/small', () => 'x')
    const get = (url: string, headers = {}) => app.inject({ url, headers })
    const asked = await get('/large', { 'accept-encoding': 'gzip' })
    assert.equal(asked.headers['content-encoding'], 'gzip')
    assert.equal(gunzipSync(asked.bytes).length, 5002)
    assert.equal((await get('/large')).headers['content-encoding'], undefined)
    assert.equal((await get('/small', { 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined)
  })
})

describe('a folder', () => {
  it('is served with types and a page for itself, but without hidden files and ways out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-static-'))
    try {
      await writeFile(join(folder, 'index.html'), '<p>hello')
      await writeFile(join(folder, '.env'), 'SECRET=1')
      await using app = createApp({ env: 'test' })
      app.static('/site', folder)
      const page = await app.inject('/site/')
      assert.equal(page.text, '<p>hello')
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
      assert.match(String(page.headers['x-request-id']), /^[\w-]{36}$/)
      for (const url of [
        '/site/.env',
        '/site/none',
        '/site/../package.json',
        '/site/%2e%2e/package.json',
        '/site/..%2fpackage.json',
      ])
        assert.equal((await app.inject(url)).status, 404, url)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
