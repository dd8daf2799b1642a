import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import { createHttpClient, HarRecorder, isHttpError, toCurl } from '@posthouse/http'
import { memoryTransport, Recorder } from '@posthouse/http/testing'
import { startHttpbin } from '../../../tests/httpbin/httpbin.ts'

const url = 'https://user:canary-1@a.example/path?token=canary-2&page=1&sig=canary-3#canary-4'
const headers = {
  Authorization: 'Bearer canary-5',
  'X-Api-Key': 'canary-6',
  cookie: 'session=canary-7',
  'x-house-key': 'canary-8',
  referer: 'https://b.example/?access_token=canary-9',
}
const json = { name: 'alice', password: 'canary-10', deep: [{ client_secret: 'canary-11' }], houseWord: 'canary-12' }
const secrets = new Set(['x-house-key', 'houseword', 'house'])

/** Answers with secrets in every place that a server may put them. */
const leaking = () =>
  memoryTransport(({ url: { pathname } }) => {
    const location = pathname === '/path' ? { location: '/next?code=1&token=canary-13' } : {}
    return {
      status: pathname === '/path' ? 307 : 200,
      headers: { 'set-cookie': 'session=canary-14', link: '</x?token=canary-15>; rel="next"', ...location },
      json: { access_token: 'canary-16', name: 'bob' },
    }
  })

suite('what is recorded of requests', () => {
  test('is an archive that has each exchange, and no secret', async () => {
    const recorder = new HarRecorder({ bodies: true, secrets })
    await using client = createHttpClient({ logging: false, transport: leaking(), hops: [recorder.interceptor] })
    await client.post(url, { headers, json })
    await client.post('https://a.example/form', { form: { page: 2, passwd: 'canary-17' } })
    const har = recorder.har()
    assert.doesNotMatch(JSON.stringify(har), /canary/)
    assert.equal(har.log.version, '1.2')
    const [first, second, third] = har.log.entries
    assert.equal(first?.request.url, 'https://a.example/path?token=[redacted]&page=1&sig=[redacted]')
    assert.deepEqual(first?.request.queryString[1], { name: 'page', value: '1' })
    assert.deepEqual(JSON.parse(first?.request.postData?.text ?? ''), {
      name: 'alice',
      password: '[redacted]',
      deep: [{ client_secret: '[redacted]' }],
      houseWord: '[redacted]',
    })
    assert.equal(first?.response.status, 307)
    assert.match(first?.response.redirectURL ?? '', /^https:\/\/a\.example\/next\?code=1&token=/)
    assert.equal(second?.request.method, 'POST')
    assert.deepEqual(JSON.parse(second?.response.content.text ?? ''), { access_token: '[redacted]', name: 'bob' })
    assert.match(third?.request.postData?.text ?? '', /^page=2&passwd=/)
  })

  test('has the size of bodies only, unless more is wanted', async () => {
    const recorder = new HarRecorder()
    await using client = createHttpClient({ logging: false, transport: leaking(), hops: [recorder.interceptor] })
    await client.get('https://a.example/')
    const [entry] = recorder.har().log.entries
    assert.equal(entry?.response.content.text, undefined)
    assert.equal(entry?.response.content.size, JSON.stringify({ access_token: 'canary-16', name: 'bob' }).length)
  })

  test('tells why there was no answer, and forgets the oldest when there are too many', async () => {
    const recorder = new HarRecorder({ entries: 2 })
    await using client = createHttpClient({ logging: false, proxy: false, retry: false, hops: [recorder.interceptor] })
    for (const port of [1, 2, 3]) await assert.rejects(client.get(`http://127.0.0.1:${port}/`))
    const { entries } = recorder.har().log
    assert.deepEqual(
      entries.map(({ request }) => new URL(request.url).port),
      ['2', '3'],
    )
    assert.deepEqual(
      entries.map(({ _error, response }) => [_error, response.status]),
      [
        ['connect_failed', 0],
        ['connect_failed', 0],
      ],
    )
    recorder.clear()
    assert.deepEqual(recorder.har().log.entries, [])
  })

  test('is in no error either', async () => {
    await using client = createHttpClient({ logging: false, proxy: false, retry: false })
    const failing = client.post(url.replace('a.example', '127.0.0.1:1').replace('https', 'http'), { headers, json })
    await assert.rejects(failing, (error: Error) => {
      assert.ok(isHttpError(error))
      const { 'x-house-key': _, ...others } = error.request?.headers ?? {}
      assert.doesNotMatch(
        `${error.stack} ${JSON.stringify({ ...error, request: { ...error.request, headers: others } })}`,
        /canary/,
      )
      return true
    })
  })
})

suite('a request as a command', () => {
  test('has no secret in it, unless that is wanted', () => {
    const command = toCurl(
      { method: 'POST', url, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) },
      { secrets },
    )
    assert.doesNotMatch(command, /canary/)
    assert.match(command, /^curl --request POST --header 'authorization: \[redacted\]'/)
    assert.match(toCurl({ method: 'GET', url, headers }, { showSecrets: true }), /Bearer canary-5.*canary-2/)
  })

  test('is sent by curl as it would have been by us, whatever is in it', async () => {
    await using server = await startHttpbin()
    const bodies = [`it's "quoted" $HOME \`id\` \\ \n end`, '{"a":[1,"ä€"]}', '@/etc/passwd']
    for (const body of bodies) {
      const asked = `${server.url}/anything/[a]{b,c}?x=%20&y=$PATH&z='`
      const sent = { 'x-quote': `it's $HOME`, 'content-type': 'text/plain', 'x-empty': '' }
      const command = toCurl({ method: 'PATCH', url: asked, headers: sent, body }, { showSecrets: true })
      const { stdout } = await promisify(execFile)('sh', ['-c', `${command} --silent --noproxy '*'`])
      const told = JSON.parse(stdout)
      assert.equal(told.method, 'PATCH')
      assert.equal(told.data, body)
      assert.equal(told.headers['X-Quote'], `it's $HOME`)
      assert.equal(told.headers['X-Empty'], '')
      assert.deepEqual(told.args, { x: ' ', y: '$PATH', z: "'" })
    }
  })
})

suite('a recorder', () => {
  test('answers from its file what was asked once, without a server and without a secret', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-recorder-'))
    const path = join(folder, 'deep/exchanges.json')
    try {
      const transport = leaking()
      {
        await using recorder = new Recorder({ path, secrets })
        await using client = createHttpClient({ logging: false, transport, hops: [recorder.interceptor] })
        assert.equal((await client.post(url, { headers, json })).status, 200)
        assert.deepEqual(await (await client.get('https://a.example/')).json(), {
          access_token: 'canary-16',
          name: 'bob',
        })
      }
      assert.doesNotMatch(await readFile(path, 'utf8'), /canary/)
      const { length } = transport.sent
      await using replaying = new Recorder({ path, mode: 'replay', secrets })
      await using client = createHttpClient({ logging: false, transport, hops: [replaying.interceptor], retry: false })
      const again = await client.post(url, { headers, json })
      assert.deepEqual(await again.json(), { access_token: '[redacted]', name: 'bob' })
      assert.equal(again.redirects.length, 1)
      assert.equal((await client.get('https://a.example/')).status, 200)
      await assert.rejects(client.get('https://a.example/other'), { code: 'unreachable', message: /was not recorded/ })
      await assert.rejects(client.post(url, { headers, json: { name: 'carol' } }), { code: 'unreachable' })
      assert.equal(transport.sent.length, length)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('records what is new beside what was there, in the order in which it came', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-recorder-'))
    const path = join(folder, 'exchanges.json')
    try {
      const transport = memoryTransport(() => ({ text: `answer ${transport.sent.length}` }))
      const ask = async (paths: readonly string[]): Promise<string[]> => {
        await using recorder = new Recorder({ path })
        await using client = createHttpClient({ logging: false, transport, hops: [recorder.interceptor] })
        const answers: string[] = []
        for (const each of paths) answers.push(await (await client.get(`https://a.example/${each}`)).text())
        return answers
      }
      assert.deepEqual(await ask(['one', 'one']), ['answer 1', 'answer 2'])
      assert.deepEqual(await ask(['one', 'two', 'one', 'one']), ['answer 1', 'answer 3', 'answer 2', 'answer 2'])
      assert.deepEqual(await ask(['two', 'one']), ['answer 3', 'answer 1'])
      assert.equal(transport.sent.length, 3)
      const { mtimeMs } = await stat(path)
      await ask(['two'])
      assert.equal((await stat(path)).mtimeMs, mtimeMs)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('keeps bodies as they are: compressed, binary and streamed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'posthouse-recorder-'))
    const path = join(folder, 'exchanges.json')
    try {
      await using server = await startHttpbin()
      const bytes: Buffer[] = []
      for (let round = 0; round < 2; round++) {
        await using recorder = new Recorder({ path })
        await using client = createHttpClient({
          logging: false,
          proxy: false,
          baseUrl: server.url,
          hops: [recorder.interceptor],
        })
        for (const asked of ['/bytes/2000', '/gzip', '/stream-bytes/3000', '/range/100']) {
          bytes.push(Buffer.from(await (await client.get(asked)).bytes()))
        }
      }
      assert.deepEqual(bytes.slice(4), bytes.slice(0, 4))
      assert.equal(server.seen.length, 4)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
