import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { HttpHeaders, type HttpInterceptor, type HttpResponse, IncomingBody, type Transport } from '../src/index.ts'
import { failure, quietClient } from './quiet.ts'

const answers =
  (...statuses: number[]): Transport =>
  async (hop) => {
    const status = statuses.length > 1 ? (statuses.shift() ?? 200) : (statuses[0] ?? 200)
    const headers = new HttpHeaders({ seen: hop.headers.get('authorization', 'nothing') })
    return { status, statusText: '', headers, body: IncomingBody.of(Buffer.from('body')) }
  }

function named(name: string, log: string[], scope?: 'request' | 'attempt'): HttpInterceptor {
  return {
    ...(scope && { scope }),
    beforeRequest: () => void log.push(`${name} before`),
    afterResponse: ({ status }) => void log.push(`${name} after ${status}`),
    onError: ({ code }) => void log.push(`${name} error ${code}`),
  }
}

describe('interceptors', () => {
  test('add what the server gets, as the authentication of document 003 does', async () => {
    const auth: HttpInterceptor = {
      beforeRequest: (request) => {
        request.headers.set('Authorization', 'Bearer key')
      },
    }
    const client = quietClient({ transport: answers(200), interceptors: [auth] })
    assert.equal((await client.get('http://h/')).headers.get('seen'), 'Bearer key')
  })

  test('see requests from the first to the last, and answers from the last to the first', async () => {
    const log: string[] = []
    const client = quietClient({ transport: answers(200), interceptors: [named('a', log), named('b', log)] })
    await client.get('http://h/')
    assert.deepEqual(log, ['a before', 'b before', 'b after 200', 'a after 200'])
  })

  test('are asked once for a request, or for each attempt', async () => {
    const log: string[] = []
    const client = quietClient({
      transport: answers(503, 200),
      retry: { baseMs: 0 },
      interceptors: [named('r', log), named('t', log, 'attempt')],
    })
    await client.get('http://h/')
    assert.deepEqual(log, ['r before', 't before', 't after 503', 't before', 't after 200', 'r after 200'])
  })

  test('of attempts leave no trace in the next one', async () => {
    const seen: (string | undefined)[] = []
    const mark: HttpInterceptor = {
      scope: 'attempt',
      beforeRequest: (request) => {
        seen.push(request.headers.get('x-mark'))
        request.headers.set('x-mark', String(request.attempt))
      },
    }
    const client = quietClient({ transport: answers(503, 200), retry: { baseMs: 0 }, interceptors: [mark] })
    await client.get('http://h/')
    assert.deepEqual(seen, [undefined, undefined])
  })

  test('hear of errors, and may return another', async () => {
    const log: string[] = []
    const transport: Transport = async () => {
      throw new Error('no')
    }
    const client = quietClient({
      transport,
      interceptors: [named('r', log), { onError: (error) => Object.assign(error, { note: 'seen' }) }],
    })
    const error = await failure(client.get('http://h/'), 'internal')
    assert.equal('note' in error && error.note, 'seen')
    assert.deepEqual(log, ['r before', 'r error internal'])
  })

  test('may be asynchronous and return another request or response', async () => {
    const client = quietClient({
      transport: async (hop) => ({
        status: 200,
        statusText: '',
        headers: new HttpHeaders(),
        body: IncomingBody.of(Buffer.from(hop.url.href)),
      }),
      interceptors: [
        { beforeRequest: async (request) => Object.assign(request, { url: new URL('http://other/') }) },
        { afterResponse: async (response): Promise<HttpResponse> => Object.assign(response, { status: 299 }) },
      ],
    })
    const response = await client.get('http://h/')
    assert.equal(await response.text(), 'http://other/')
    assert.equal(response.status, 299)
  })

  test('that throw end the request with their error as its cause', async () => {
    const cause = new Error('broken')
    const client = quietClient({
      transport: answers(200),
      interceptors: [
        {
          beforeRequest: () => {
            throw cause
          },
        },
      ],
    })
    const error = await failure(client.get('http://h/'), 'internal')
    assert.equal(error.cause, cause)
  })

  test('that only are told cannot break a request', async () => {
    const warned = once(process, 'warning')
    const broken: HttpInterceptor = {
      onDone: () => {
        throw new Error('broken')
      },
    }
    const client = quietClient({ transport: answers(200), interceptors: [broken] })
    assert.equal((await client.get('http://h/')).status, 200)
    const [warning] = await warned
    assert.match(warning.message, /onDone failed: broken/)
    assert.equal(client.metrics().total, 1)
  })

  test('come and go while the client lives', async () => {
    const log: string[] = []
    const client = quietClient({ transport: answers(200) })
    {
      using _ = client.use(named('a', log))
      await client.get('http://h/')
    }
    await client.get('http://h/')
    assert.deepEqual(log, ['a before', 'a after 200'])
  })
})
