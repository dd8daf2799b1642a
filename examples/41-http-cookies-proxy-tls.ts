/**
 * A session: cookies that come back, certificates of an authority of one's own with a pinned key, and a proxy that only some
 * of the requests go through.
 *
 * Run it with `node --conditions=@posthouse/source examples/41-http-cookies-proxy-tls.ts`.
 */
import { createHttpClient, isHttpError } from '@posthouse/http'
import { issue } from '../packages/http/test/certificates.ts'
import { startProxy } from '../packages/http/test/proxies.ts'
import { startHttpbin } from '../tests/httpbin/httpbin.ts'

const authority = await issue('our authority', { authority: true })
const identity = await issue('our server', { by: authority })
await using server = await startHttpbin(identity)
await using proxy = await startProxy()

await using client = createHttpClient({
  baseUrl: server.url,
  logging: false,
  cookies: true,
  // The authority's certificate in PEM, and the hash of the only key that its server may have.
  tls: { ca: authority.cert, pins: [identity.pin] },
  // Without this option the proxies of HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY would be used.
  proxy: { url: proxy.url, noProxy: ['localhost'] },
})

await client.get('/cookies/set', { params: { session: 'letter', lang: 'en' } })
console.log('cookies:', await JSON.stringify(await (await client.get('/cookies')).json()))
console.log('through the proxy:', new Set(proxy.seen).size, 'way,', proxy.seen[0]?.replace(/\d+$/, 'port'))

await client.get(`https://localhost:${server.port}/get`)
console.log(
  'past the proxy:',
  proxy.seen.every((line) => !line.includes('localhost')),
)

await using stranger = createHttpClient({
  logging: false,
  proxy: false,
  tls: { ca: authority.cert, pins: [authority.pin.replace(/^./, 'x')] },
})
try {
  await stranger.get(`${server.url}/get`)
} catch (error) {
  if (!isHttpError(error)) throw error
  console.log('another key:', error.code)
}
