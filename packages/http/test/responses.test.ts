import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import type { StandardSchema } from '@posthouse/core'
import { HttpHeaders, IncomingBody, type Transport } from '../src/index.ts'
import { failure, quietClient } from './quiet.ts'

function giving(body: string | Uint8Array, headers: Record<string, string> = {}, status = 200): Transport {
  return async () => ({
    status,
    statusText: 'Some text',
    headers: new HttpHeaders(headers),
    body: IncomingBody.of(Buffer.from(body)),
  })
}

interface User {
  readonly id: number
}

const userSchema: StandardSchema<unknown, User> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number'
        ? { value: { id: value.id } }
        : { issues: [{ message: 'id must be a number', path: ['id'] }] },
  },
}

describe('the body of a response', () => {
  test('is JSON of the type that its schema says', async () => {
    const client = quietClient({ transport: giving('{"id":1,"more":true}') })
    const user: User = await (await client.get('http://h/')).json(userSchema)
    assert.deepEqual(user, { id: 1 })
  })

  test('that does not fit the schema is an error that lists what differs', async () => {
    const client = quietClient({ transport: giving('{"id":"one"}') })
    const error = await failure((await client.get('http://h/')).json(userSchema), 'schema_mismatch')
    assert.deepEqual('issues' in error && error.issues, [{ message: 'id must be a number', path: ['id'] }])
    assert.equal(error.thirdPartyStatus, 602)
  })

  test('that is no JSON is an error that quotes nothing of it', async () => {
    const client = quietClient({ transport: giving('token=secret-4711') })
    const error = await failure((await client.get('http://h/')).json(), 'invalid_json')
    assert.ok(!inspect(error, { depth: 9 }).includes('4711'))
  })

  test('cannot change a prototype', async () => {
    const client = quietClient({
      transport: giving('{"__proto__":{"admin":true},"\\u005f_proto__":{"admin":true},"a":1}'),
    })
    const value = await (await client.get('http://h/')).json<{ admin?: boolean }>()
    assert.equal(value.admin, undefined)
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
  })

  test('is text in its charset', async () => {
    const type = { 'content-type': 'text/plain; charset="GBK"' }
    const client = quietClient({ transport: giving(Uint8Array.of(0xd6, 0xd0, 0xce, 0xc4), type) })
    assert.equal(await (await client.get('http://h/')).text(), '中文')
    const odd = quietClient({ transport: giving('ä', { 'content-type': 'text/plain; charset=nonsense' }) })
    assert.equal(await (await odd.get('http://h/')).text(), 'ä')
    const marked = quietClient({ transport: giving('\uFEFFa') })
    assert.equal(await (await marked.get('http://h/')).text(), 'a')
  })

  test('can be read again and again, and as a stream', async () => {
    const client = quietClient({ transport: giving('[1]') })
    const response = await client.get('http://h/')
    assert.deepEqual([await response.text(), await response.json()], ['[1]', [1]])
    const chunks: Uint8Array[] = []
    for await (const chunk of response.stream()) chunks.push(chunk)
    assert.equal(Buffer.concat(chunks).toString(), '[1]')
  })

  test('above the limit is refused, and can be read as a stream', async () => {
    const client = quietClient({ transport: giving('12345678'), limits: { bodyBytes: 7 } })
    const error = await failure(client.get('http://h/'), 'response_too_large')
    assert.equal(error.retryable, false)
    assert.equal(await (await client.stream('GET', 'http://h/')).text(), '12345678')
  })
})

describe('a status', () => {
  test('is no error, unless it is asked for', async () => {
    const client = quietClient({ transport: giving('gone', {}, 410) })
    const response = await client.get('http://h/x?token=hush')
    assert.equal(response.status, 410)
    assert.equal(response.ok, false)
    assert.throws(
      () => response.raiseForStatus(),
      (error: Error) => {
        assert.equal('code' in error && error.code, 'bad_status')
        assert.equal('response' in error && error.response, response)
        assert.ok(!error.message.includes('hush'))
        return true
      },
    )
  })

  test('throws from 400 on with throwOnError, for one request or for a client', async () => {
    const client = quietClient({ transport: giving('gone', {}, 410) })
    const error = await failure(client.get('http://h/', { throwOnError: true }), 'bad_status')
    assert.equal(error.thirdPartyStatus, 601)
    await failure(client.extend({ throwOnError: true }).get('http://h/'), 'bad_status')
    const fine = quietClient({ transport: giving('', {}, 302), throwOnError: true, redirects: false })
    assert.equal((await fine.get('http://h/')).raiseForStatus().status, 302)
  })

  test('shows no secrets when the response is printed', async () => {
    const client = quietClient({ transport: giving('x', { 'set-cookie': 'sid=hush' }) })
    const response = await client.get('http://h/?api_key=hush', { headers: { authorization: 'hush' } })
    assert.ok(!inspect(response, { depth: 9 }).includes('hush'))
    assert.equal(response.headers.get('set-cookie'), 'sid=hush')
  })
})
