import { once } from 'node:events'
import { connect } from 'node:net'

const body = JSON.stringify({
  customer: 'Ana María',
  items: Array.from({ length: 4 }, (_, n) => ({ sku: `sku-${n}`, price: 1.5 + n, count: n + 1 })),
})
const request = Buffer.from(
  `POST /orders HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
)
const expected = /"sum":35\b.*\}$/

/** Sends the same order over `connections` connections for `ms` milliseconds, one at a time on each; gives the times it took. */
export async function load(port: number, connections: number, ms: number): Promise<number[]> {
  const end = performance.now() + ms
  const times: number[] = []
  const loop = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1').setNoDelay()
    await once(socket, 'connect')
    for (let now = performance.now(); now < end; now = performance.now()) {
      socket.write(request)
      await answer(socket)
      times.push(performance.now() - now)
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, loop))
  return times
}

async function answer(socket: ReturnType<typeof connect>): Promise<void> {
  let text = ''
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
    if (expected.test(text.trimEnd().replace(/\r\n0\r\n\r\n$/, ''))) return
    if (/^HTTP\/1\.1 (?!200)/.test(text)) throw new Error(`answered with ${text}`)
  }
}
