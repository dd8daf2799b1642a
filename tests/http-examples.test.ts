import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What each example says on its standard output. */
const said: Readonly<Record<string, string>> = {
  '30-http-basic.ts': 'the server got GET /anything/users?page=1, POST /anything/users for 张三\n',
  '31-http-global.ts': 'the server got GET /get, POST /post\n',
  '32-http-configuration.ts': 'sent as MyApp/1.0\n503 after 6 attempts\n3 requests, error rate 0\n',
  '33-http-interceptors.ts': 'the server got Bearer your-api-key\nGET /headers 200\nGET /status/{id} 401\n',
  '34-http-concurrency.ts': 'succeeded: 9, failed: 1\n',
  '35-http-errors.ts': [
    'answered with 200',
    'HTTP error',
    'request error: connect_failed, attempt 4, status 603 of document 004',
    'request error: invalid_request, attempt 0, status 600 of document 004\n',
  ].join('\n'),
  '36-http-monitoring.ts': [
    'requests: 4, error rate: 25.0 %',
    'too many errors',
    'GET /get: 3, p95 fine',
    'GET /status/{id}: 1, p95 fine\n',
  ].join('\n'),
  '37-http-ready.ts': 'aiorequests: 200, example-37\npreset: {"a":1}\nfailed: 603\n',
  '38-http-retry.ts': [
    '200 {"param1":"value1","param2":"value2"}',
    '200 after 1',
    '606 after 3',
    '3 attempts without a server\n',
  ].join('\n'),
}

const folder = new URL('../examples/', import.meta.url)

describe('the examples of the HTTP client', () => {
  for (const [name, text] of Object.entries(said)) {
    it(`do what they say: ${name}`, async () => {
      const args = ['--conditions=@posthouse/source', fileURLToPath(new URL(name, folder))]
      const { stdout } = await promisify(execFile)(process.execPath, args)
      assert.equal(stdout, text)
    })
  }

  it('are all run', () => {
    const asynchronous = readdirSync(folder).filter((name) => /^3[0-8]-http/.test(name))
    assert.deepEqual(asynchronous, Object.keys(said))
  })
})
