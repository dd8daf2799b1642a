import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createHttpClient } from '@posthouse/http'
import { memoryTransport } from '@posthouse/http/testing'
import { startHttpbin } from '../../../tests/httpbin/httpbin.ts'
import { parseLinks } from '../src/page/links.ts'
import { collected } from './collected.ts'

interface Page {
  readonly items: readonly number[]
  readonly next: number | null
}

suite('pages', () => {
  test('are followed by their links, one when the one before was dealt with', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    const found: number[] = []
    const items = client.items('/pages/2', { items: async (page) => (await page.json<Page>()).items })
    for await (const item of items) {
      found.push(item)
      if (item === 2) assert.equal(server.seen.length, 2)
    }
    assert.deepEqual(found, [0, 1, 2, 3, 4, 5])
    assert.deepEqual(server.seen, ['GET /pages/2', 'GET /pages/2?page=2&last=3', 'GET /pages/2?page=3&last=3'])
  })

  test('are found by a function, with what their request differs in', async () => {
    await using server = await startHttpbin()
    await using client = createHttpClient({ logging: false, proxy: false, baseUrl: server.url })
    const options = {
      params: { last: 4 },
      next: async (page: { json<Value>(): Promise<Value> }) => {
        const { next } = await page.json<Page>()
        return next === null ? undefined : { url: '/pages/1', options: { params: { page: next, last: 4 } } }
      },
    }
    const pages = await collected(client.pages('/pages/1', options))
    assert.equal(pages.length, 4)
  })

  test('keep the headers of the first, but not its query', async () => {
    const transport = memoryTransport(({ url }) => {
      const more = url.searchParams.get('page') === null
      return { json: [url.search], headers: more ? { link: '</list?page=2>; rel="next"' } : {} }
    })
    await using client = createHttpClient({ logging: false, transport })
    const options = { params: { q: 'x' }, headers: { authorization: 'Bearer t' } }
    assert.deepEqual(await collected(client.items('http://a.example/list', options)), ['?q=x', '?page=2'])
    assert.equal(transport.sent[1]?.headers.get('authorization'), 'Bearer t')
  })

  test('are not followed to another origin, to which the headers would go too, unless that is wanted', async () => {
    const transport = memoryTransport(({ url }) => {
      return { json: [url.host], headers: url.host === 'a.example' ? { link: '<https://b.example/>; rel=next' } : {} }
    })
    await using client = createHttpClient({ logging: false, transport })
    await assert.rejects(collected(client.items('https://a.example/')), { code: 'redirect_refused' })
    assert.equal(transport.sent.length, 1)
    const all = await collected(client.items('https://a.example/', { crossOrigin: true }))
    assert.deepEqual(all, ['a.example', 'b.example'])
  })

  test('are not followed at another origin to which the first was redirected', async () => {
    const transport = memoryTransport(({ url }) => {
      if (url.host === 'a.example') return { status: 302, headers: { location: 'https://b.example/' } }
      return { json: [url.search], headers: { link: '<https://b.example/?page=2>; rel=next' } }
    })
    await using client = createHttpClient({ logging: false, transport })
    const headers = { authorization: 'Bearer t' }
    await assert.rejects(collected(client.items('https://a.example/', { headers })), { code: 'redirect_refused' })
    assert.deepEqual(
      transport.sent.map((hop) => hop.headers.get('authorization')),
      ['Bearer t', undefined],
    )
  })

  test('end where they go in a circle, are too many, fail, or are no list', async () => {
    const transport = memoryTransport(({ url }) => {
      const page = Number(url.searchParams.get('page'))
      if (url.pathname === '/circle') return { json: [], headers: { link: `<?page=${(page + 1) % 3}>; rel=next` } }
      if (url.pathname === '/endless') return { json: [], headers: { link: `<?page=${page + 1}>; rel=next` } }
      return url.pathname === '/gone' ? { status: 404 } : { json: { items: [] } }
    })
    await using client = createHttpClient({ logging: false, transport })
    const follow = (path: string): Promise<unknown> => {
      return collected(client.items(`http://a.example/${path}`, { maxPages: 20 }))
    }
    await assert.rejects(follow('circle'), { code: 'bad_response', message: /circle/ })
    await assert.rejects(follow('endless'), { code: 'limit_reached' })
    await assert.rejects(follow('gone'), { code: 'bad_status' })
    await assert.rejects(follow('object'), { code: 'bad_response', message: /no list/ })
  })
})

suite('the header link', () => {
  const table: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['', []],
    ['</next>; rel="next"', [['/next', 'next']]],
    [
      '</a>;rel=prev , </b> ; title="x, <y>; rel=z"; REL="Next Last"',
      [
        ['/a', 'prev'],
        ['/b', 'next last'],
      ],
    ],
    ['</a?x=1,2;3>; rel=next', [['/a?x=1,2;3', 'next']]],
    ['</a>', [['/a', '']]],
    ['nonsense', []],
    ['</a>; rel="un\\"quoted"', [['/a', 'un\\"quoted']]],
  ]
  for (const [header, links] of table) {
    test(`${JSON.stringify(header)} has ${links.length} links`, () => {
      assert.deepEqual(
        parseLinks(header).map(({ target, rel }) => [target, rel.join(' ')]),
        links,
      )
    })
  }

  test('is read in no more than linear time', () => {
    for (const piece of ['<', '<a>;', '<a>; rel="', ';;;', '<a>;a=', '<a> ; '])
      assert.ok(parseLinks(piece.repeat(20_000)).length <= 20_000, piece)
  })
})
