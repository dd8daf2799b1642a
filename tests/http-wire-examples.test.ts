import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { withoutOpenssl } from '../packages/http/test/certificates.ts'

async function run(name: string): Promise<string[]> {
  const example = fileURLToPath(new URL(`../examples/${name}.ts`, import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=@posthouse/source', example])
  assert.doesNotMatch(stdout + stderr, /of-the-king|token=secret/)
  return stdout.trimEnd().split('\n')
}

suite('the examples of what the HTTP client does beyond a request', () => {
  test('waits for answers', async () => {
    assert.deepEqual(await run('40-http-sync'), [
      "posted { key: 'value' }",
      "200 { param1: 'value1', param2: 'value2' }",
      'status 503 at attempt 1',
      'status 503 at attempt 2',
      'status 503 at attempt 3',
      'in the end: 606',
      'nobody there: 603',
      'preset { a: 1 }',
      "{ authenticated: true, token: 'of-a-letter' }",
      'bad_status 601',
    ])
  })

  test('keeps cookies, verifies certificates and goes through proxies', { skip: withoutOpenssl }, async () => {
    assert.deepEqual(await run('41-http-cookies-proxy-tls'), [
      'cookies: {"cookies":{"session":"letter","lang":"en"}}',
      'through the proxy: 1 way, CONNECT 127.0.0.1:port',
      'past the proxy: true',
      'another key: tls_failed',
    ])
  })

  test('follows events', async () => {
    assert.deepEqual(await run('42-http-events'), [
      ...[1, 2, 3, 4, 5].map((id) => `${id} tick "number ${id}\\nof 5"`),
      'connections: 4',
      'only this: "number 1\\nof 1000"',
    ])
  })

  test('follows pages', async () => {
    assert.deepEqual(await run('43-http-pages'), [
      'by link: 0 1 2 3 4 5 6 7 8 9 10 11',
      'by field: 0 1',
      'by field: 2 3',
      'requests: 6',
    ])
  })

  test('goes on with a download', async () => {
    assert.deepEqual(await run('44-http-download'), [
      'broken off: truncated_body',
      'left behind: letter.txt.part, letter.txt.part.json',
      'went on: true 100 % true',
      'there now: letter.txt',
      'sent: 201',
    ])
  })

  test('keeps out of private networks, and shows what it did without secrets', async () => {
    const lines = await run('45-http-guard-and-records')
    assert.deepEqual(lines.slice(0, 4), [
      'http://127.0.0.1:port address_blocked',
      'http://2852039166/latest/meta-data/ address_blocked',
      'http://[::ffff:10.0.0.1]/ address_blocked',
      'http://localhost/ address_blocked',
    ])
    assert.deepEqual(lines.slice(4, 6), ['GET /redirect/1?token=[redacted] 302', 'GET /get 200'])
    assert.match(lines[6] ?? '', /^curl --request POST --header 'authorization: \[redacted\]' --data-raw/)
    assert.equal(lines[7], 'hello Alice after 2 attempts')
  })
})
