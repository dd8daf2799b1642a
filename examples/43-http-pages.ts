/**
 * Lists that come in pages: by the header `link`, or by a field that says where to go on.
 *
 * Run it with `node --conditions=@posthouse/source examples/43-http-pages.ts`.
 */
import { createHttpClient } from '@posthouse/http'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

interface Page {
  readonly items: readonly number[]
  readonly next: number | null
}

await using server = await startHttpbin()
await using client = createHttpClient({ baseUrl: server.url, logging: false, proxy: false })

const found: number[] = []
const numbers = client.items('/pages/4', { items: async (page) => (await page.json<Page>()).items })
for await (const number of numbers) found.push(number)
console.log('by link:', found.join(' '))

const byField = client.pages('/pages/2', {
  params: { last: 2 },
  next: async (page) => {
    const { next } = await page.json<Page>()
    return next === null ? undefined : { options: { params: { page: next, last: 2 } }, url: '/pages/2' }
  },
})
for await (const page of byField) console.log('by field:', (await page.json<Page>()).items.join(' '))

// Pages are asked for one by one: who leaves early asks for no more.
for await (const number of client.items<number>('/pages/2', {
  items: async (page) => (await page.json<Page>()).items,
})) {
  if (number === 1) break
}
console.log('requests:', server.seen.length)
