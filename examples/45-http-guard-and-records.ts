/**
 * A client for URLs of strangers, which keeps out of the private network; what it did, as an archive and as a command without
 * secrets; and a program tested without a network.
 *
 * Run it with `node --conditions=@posthouse/source examples/45-http-guard-and-records.ts`.
 */
import { createHttpClient, HarRecorder, type HttpClient, isHttpError, toCurl } from '@posthouse/http'
import { memoryTransport } from '@posthouse/http/testing'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

await using server = await startHttpbin()
await using guarded = createHttpClient({ logging: false, proxy: false, retry: false, guard: {} })
for (const url of [
  server.url,
  'http://2852039166/latest/meta-data/',
  'http://[::ffff:10.0.0.1]/',
  'http://localhost/',
]) {
  const code = await guarded.get(url).then(
    ({ status }) => status,
    (error) => (isHttpError(error) ? error.code : error),
  )
  console.log(url.replace(/:\d+$/, ':port'), code)
}

const recorder = new HarRecorder()
await using client = createHttpClient({
  baseUrl: server.url,
  logging: false,
  proxy: false,
  hops: [recorder.interceptor],
})
const headers = { authorization: 'Bearer of-the-king' }
await client.get('/redirect/1', { headers, params: { token: 'secret' } })
for (const { request, response } of recorder.har().log.entries) {
  console.log(request.method, request.url.replace(server.url, ''), response.status)
}
console.log(toCurl({ method: 'POST', url: 'https://a.example/?token=secret', headers, body: 'hello' }))

/** What a program of one's own might do. */
async function greeting(http: HttpClient): Promise<string> {
  const { name } = await (await http.get('https://people.example/me')).json<{ name: string }>()
  return `hello ${name}`
}

const transport = memoryTransport(({ attempt }) => (attempt === 1 ? { status: 503 } : { json: { name: 'Alice' } }))
await using pretended = createHttpClient({ logging: false, transport, retry: { baseMs: 1 } })
console.log(await greeting(pretended), 'after', transport.sent.length, 'attempts')
