import { randomBytes, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, deflate, gzip, zstdCompress } from 'node:zlib'
import { echo, grouped, headersOf } from './echo.ts'
import type { Exchange } from './exchange.ts'

/** Answers requests whose path it matches; `parts` are what stands in the brackets of its pattern. */
export type Endpoint = (exchange: Exchange, ...parts: string[]) => void | Promise<void>

const seen = ['url', 'args', 'origin', 'headers']
const sent = [...seen, 'form', 'data', 'files', 'json']

/** Said about what was wrong. */
export const plainText = { 'content-type': 'text/plain; charset=utf-8' }

/** Some answers of the original have none. */
const untyped = { 'content-type': undefined }

const withBody: Endpoint = async (exchange) => exchange.json(await echo(exchange, sent))
const anything: Endpoint = async (exchange) => exchange.json(await echo(exchange, [...sent, 'method']))
const get: Endpoint = async (exchange) => exchange.json(await echo(exchange, seen))

const encodings = {
  gzip: { compress: promisify(gzip), header: 'gzip', word: 'gzipped' },
  deflate: { compress: promisify(deflate), header: 'deflate', word: 'deflated' },
  brotli: { compress: promisify(brotliCompress), header: 'br', word: 'brotli' },
  zstd: { compress: promisify(zstdCompress), header: 'zstd', word: 'zstd' },
}

const compressed: Endpoint = async (exchange, name = '') => {
  const { compress, header, word } = encodings[name as keyof typeof encodings]
  const { method } = exchange
  const text = JSON.stringify({ ...(await echo(exchange, ['origin', 'headers'])), method, [word]: true })
  const bytes = await compress(text)
  exchange.send(200, bytes, { 'content-type': 'application/json', 'content-encoding': header })
}

const status: Endpoint = (exchange, codes = '') => {
  const choices = codes.split(',').map((choice) => Number(choice.split(':')[0]))
  const code = choices[Math.floor(Math.random() * choices.length)] ?? Number.NaN
  if (!Number.isInteger(code)) return exchange.send(400, 'Invalid status code', plainText)
  const headers =
    {
      ...Object.fromEntries(
        [301, 302, 303, 305, 307].map((redirect) => [redirect, { ...untyped, location: '/redirect/1' }]),
      ),
      401: { ...untyped, 'www-authenticate': 'Basic realm="Fake Realm"' },
      407: { ...untyped, 'proxy-authenticate': 'Basic realm="Fake Realm"' },
    }[code] ?? {}
  exchange.send(code, '', headers)
}

const redirect: Endpoint = (exchange, count = '') => {
  const absolute = exchange.query.get('absolute') === 'true'
  const base = absolute ? exchange.url.origin : ''
  const next = `/${absolute ? 'absolute' : 'relative'}-redirect/${Number(count) - 1}`
  exchange.redirect(base + (Number(count) === 1 ? '/get' : next))
}

const relativeRedirect: Endpoint = (exchange, count = '') => {
  exchange.redirect(Number(count) === 1 ? '/get' : `/relative-redirect/${Number(count) - 1}`)
}

const absoluteRedirect: Endpoint = (exchange, count = '') => {
  const path = Number(count) === 1 ? '/get' : `/absolute-redirect/${Number(count) - 1}`
  exchange.redirect(exchange.url.origin + path)
}

const redirectTo: Endpoint = (exchange) => {
  const wanted = exchange.number('status_code', 302)
  exchange.redirect(exchange.query.get('url') ?? '/', wanted >= 300 && wanted < 400 ? wanted : 302)
}

const cookies: Endpoint = (exchange) => {
  const pairs = (exchange.header('cookie') ?? '').split(';').map((pair) => pair.trim())
  const named = pairs.filter((pair) => pair !== '').map((pair) => /^([^=]*)=?(.*)$/.exec(pair)?.slice(1) ?? [])
  exchange.json({ cookies: Object.fromEntries(named) })
}

const setCookies: Endpoint = (exchange, name, value) => {
  const pairs = name === undefined ? [...exchange.query] : [[name, value]]
  exchange.redirect('/cookies', 302, { 'set-cookie': pairs.map(([key, text]) => `${key}=${text}; Path=/`) })
}

const deleteCookies: Endpoint = (exchange) => {
  const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/'
  exchange.redirect('/cookies', 302, { 'set-cookie': [...exchange.query.keys()].map((key) => `${key}=; ${past}`) })
}

const basicAuth = (refusal: number): Endpoint => {
  return (exchange, user = '', password = '') => {
    const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    if (exchange.header('authorization') === wanted) return exchange.json({ authenticated: true, user })
    const challenge = { ...untyped, 'www-authenticate': 'Basic realm="Fake Realm"' }
    exchange.send(refusal, '', refusal === 401 ? challenge : {})
  }
}

const bearer: Endpoint = (exchange) => {
  const [, token] = /^Bearer (.+)$/.exec(exchange.header('authorization') ?? '') ?? []
  if (token !== undefined) return exchange.json({ authenticated: true, token })
  exchange.send(401, '', { 'www-authenticate': 'Bearer' })
}

const cache: Endpoint = async (exchange) => {
  if (exchange.header('if-modified-since') ?? exchange.header('if-none-match')) return exchange.send(304)
  const validators = { 'last-modified': new Date().toUTCString(), etag: `"${randomUUID().replaceAll('-', '')}"` }
  exchange.json(await echo(exchange, seen), validators)
}

const cacheFor: Endpoint = async (exchange, seconds = '0') => {
  exchange.json(await echo(exchange, seen), { 'cache-control': `public, max-age=${seconds}` })
}

const etag: Endpoint = async (exchange, tag = '') => {
  const names = (name: string): string[] => listOf(exchange.header(name))
  const holds = (list: readonly string[]): boolean => list.includes(tag) || list.includes('*')
  if (names('if-none-match').length > 0) {
    if (holds(names('if-none-match'))) return exchange.send(304, '', { etag: `"${tag}"` })
  } else if (names('if-match').length > 0 && !holds(names('if-match'))) return exchange.send(412)
  exchange.json(await echo(exchange, seen), { etag: `"${tag}"` })
}

function listOf(header = ''): string[] {
  const items = header.split(',').map((item) => item.trim().replace(/^(W\/)?"(.*)"$/, '$2'))
  return items.filter((item) => item !== '')
}

// The answer tells its own length, which is known once it no longer changes it.
const responseHeaders: Endpoint = (exchange) => {
  const given = grouped(exchange.query)
  const told = { 'Content-Length': '', 'Content-Type': 'application/json', ...given }
  for (let length = -1; length !== Number(told['Content-Length']); ) {
    length = Number(told['Content-Length'])
    told['Content-Length'] = String(JSON.stringify(told).length + 1)
  }
  exchange.json(told, given)
}

const links: Endpoint = (exchange, count = '', offset = '') => {
  const items = Array.from({ length: Math.min(200, Math.max(1, Number(count))) }, (_, index) => {
    return index === Number(offset) ? `${index} ` : `<a href='/links/${count}/${index}'>${index}</a> `
  })
  exchange.send(200, `<html><head><title>Links</title></head><body>${items.join('')}</body></html>`)
}

const text = { 'content-type': 'text/plain' }

/** Those that answer at once. */
export const endpoints: readonly (readonly [RegExp, Endpoint])[] = [
  [/^\/get$/, get],
  [/^\/(?:post|put|patch|delete)$/, withBody],
  [/^\/anything(?:\/.*)?$/, anything],
  [/^\/headers$/, (exchange) => exchange.json({ headers: headersOf(exchange) })],
  [/^\/ip$/, async (exchange) => exchange.json(await echo(exchange, ['origin']))],
  [/^\/user-agent$/, (exchange) => exchange.json({ 'user-agent': exchange.header('user-agent') ?? null })],
  [/^\/uuid$/, (exchange) => exchange.json({ uuid: randomUUID() })],
  [/^\/(gzip|deflate|brotli|zstd)$/, compressed],
  [/^\/status\/([^/]+)$/, status],
  [/^\/redirect\/([1-9]\d*)$/, redirect],
  [/^\/relative-redirect\/([1-9]\d*)$/, relativeRedirect],
  [/^\/absolute-redirect\/([1-9]\d*)$/, absoluteRedirect],
  [/^\/redirect-to$/, redirectTo],
  [/^\/cookies$/, cookies],
  [/^\/cookies\/set$/, setCookies],
  [/^\/cookies\/set\/([^/]+)\/([^/]+)$/, setCookies],
  [/^\/cookies\/delete$/, deleteCookies],
  [/^\/basic-auth\/([^/]+)\/([^/]+)$/, basicAuth(401)],
  [/^\/hidden-basic-auth\/([^/]+)\/([^/]+)$/, basicAuth(404)],
  [/^\/bearer$/, bearer],
  [/^\/cache$/, cache],
  [/^\/cache\/(\d+)$/, cacheFor],
  [/^\/etag\/([^/]+)$/, etag],
  [/^\/response-headers$/, responseHeaders],
  [/^\/links\/(\d+)$/, (exchange, count) => exchange.redirect(`/links/${count}/0`)],
  [/^\/links\/(\d+)\/(\d+)$/, links],
  [
    /^\/bytes\/(\d+)$/,
    (exchange, size) => {
      const bytes = randomBytes(Math.min(Number(size), 100 * 1024))
      exchange.send(200, bytes, { 'content-type': 'application/octet-stream' })
    },
  ],
  [/^\/base64\/([^/]+)$/, (exchange, word = '') => exchange.send(200, Buffer.from(word, 'base64url'))],
  [/^\/robots\.txt$/, (exchange) => exchange.send(200, 'User-agent: *\nDisallow: /deny\n', text)],
]
