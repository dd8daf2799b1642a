import { randomBytes } from 'node:crypto'
import { echo } from './echo.ts'
import { type Endpoint, plainText } from './endpoints.ts'
import type { Exchange } from './exchange.ts'

const octets = { 'content-type': 'application/octet-stream' }

const delay: Endpoint = async (exchange, seconds = '0') => {
  await exchange.pause(Math.min(Number(seconds), 10) * 1000)
  if (!exchange.open) return
  exchange.json(await echo(exchange, ['url', 'args', 'form', 'data', 'origin', 'headers', 'files']))
}

const stream: Endpoint = async (exchange, count = '') => {
  const line = await echo(exchange, ['url', 'args', 'headers', 'origin'])
  exchange.begin(200, { 'content-type': 'application/json' })
  for (let id = 0; id < Math.min(Number(count), 100); id++) await exchange.write(`${JSON.stringify({ ...line, id })}\n`)
  exchange.response.end()
}

const drip: Endpoint = async (exchange) => {
  const size = Math.min(exchange.number('numbytes', 10), 10 * 1024 * 1024)
  if (size <= 0) return exchange.send(400, 'number of bytes must be positive', plainText)
  await exchange.pause(exchange.number('delay', 0) * 1000)
  if (!exchange.open) return
  exchange.begin(exchange.number('code', 200), { ...octets, 'content-length': size })
  const pause = (exchange.number('duration', 2) * 1000) / size
  for (let sent = 0; sent < size && exchange.open; sent++) {
    await exchange.write('*')
    await exchange.pause(pause)
  }
  exchange.response.end()
}

const streamBytes: Endpoint = async (exchange, size = '') => {
  const piece = Math.max(1, exchange.number('chunk_size', 10 * 1024))
  exchange.begin(200, octets)
  for (let left = Math.min(Number(size), 100 * 1024); left > 0; left -= piece) {
    await exchange.write(randomBytes(Math.min(piece, left)))
  }
  exchange.response.end()
}

const range: Endpoint = async (exchange, length = '') => {
  const size = Number(length)
  const known = { etag: `"range${size}"`, 'accept-ranges': 'bytes', ...plainText }
  if (size <= 0 || size > 100 * 1024)
    return exchange.send(404, 'number of bytes must be in the range (0, 102400]', known)
  const ifRange = exchange.header('if-range')
  const wanted = ifRange === undefined || ifRange === known.etag ? exchange.header('range') : undefined
  const [first, last] = wantedRange(wanted, size)
  if (first > last || first >= size || last >= size) {
    return exchange.send(416, '', { ...known, 'content-range': `bytes */${size}` })
  }
  const whole = first === 0 && last === size - 1
  exchange.begin(whole ? 200 : 206, {
    ...known,
    ...octets,
    'content-length': last + 1 - first,
    'content-range': `bytes ${first}-${last}/${size}`,
  })
  await sendAlphabet(exchange, first, last, size)
}

/** The alphabet, over and over, in pieces and with the pauses that were asked for. */
async function sendAlphabet(exchange: Exchange, first: number, last: number, size: number): Promise<void> {
  const piece = Math.max(1, exchange.number('chunk_size', 10 * 1024))
  const pauseMs = (exchange.number('duration', 0) * 1000) / size
  for (let at = first; at <= last && exchange.open; at += piece) {
    const length = Math.min(piece, last + 1 - at)
    const bytes = Buffer.from(Array.from({ length }, (_, index) => 97 + ((at + index) % 26)))
    await exchange.pause(pauseMs * bytes.length)
    await exchange.write(bytes)
  }
  exchange.response.end()
}

function wantedRange(header: string | undefined, size: number): readonly [number, number] {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return [0, size - 1]
  if (first === '') return [Math.max(0, size - Number(last)), size - 1]
  return [Number(first), last === '' ? size - 1 : Number(last)]
}

/** Events with the numbers from the last id on; `count` of them for each connection, then it ends. */
const events: Endpoint = async (exchange) => {
  const total = exchange.number('total', 3)
  const perConnection = exchange.number('count', total)
  const first = Number(exchange.header('last-event-id') ?? 0) + 1
  if (first > total) return exchange.send(204)
  exchange.begin(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const retry = exchange.query.get('retry')
  if (retry !== null) await exchange.write(`retry: ${retry}\n\n`)
  for (let id = first; id < first + perConnection && id <= total; id++) {
    await exchange.write(`id: ${id}\nevent: tick\ndata: number ${id}\ndata: of ${total}\n\n`)
  }
  exchange.response.end()
}

/** Pages of numbers, whose header `link` leads on. */
const pages: Endpoint = (exchange, size = '') => {
  const page = exchange.number('page', 1)
  const last = exchange.number('last', 3)
  const items = Array.from({ length: Number(size) }, (_, index) => (page - 1) * Number(size) + index)
  const link = (number: number, rel: string): string => `</pages/${size}?page=${number}&last=${last}>; rel="${rel}"`
  const header = page < last ? `${link(page + 1, 'next')}, ${link(last, 'last')}` : link(1, 'first')
  exchange.json({ items, next: page < last ? page + 1 : null }, { link: header })
}

/** Those that take their time, and those that the original does not have: `sse` and `pages`. */
export const streams: readonly (readonly [RegExp, Endpoint])[] = [
  [/^\/delay\/([\d.]+)$/, delay],
  [/^\/stream\/(\d+)$/, stream],
  [/^\/drip$/, drip],
  [/^\/stream-bytes\/(\d+)$/, streamBytes],
  [/^\/range\/(\d+)$/, range],
  [/^\/sse$/, events],
  [/^\/pages\/(\d+)$/, pages],
]
