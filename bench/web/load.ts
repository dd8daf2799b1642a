import { connect, type Socket } from 'node:net'

const body = JSON.stringify({
  customer: 'Ana María',
  items: Array.from({ length: 4 }, (_, n) => ({ sku: `sku-${n}`, price: 1.5 + n, count: n + 1 })),
})
const request = Buffer.from(
  `POST /orders HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
)
const expected = '"sum":35'

/**
 * Sends the same order `count` times over `connections` connections, one at a time on each; gives the times it took. A count
 * and not a time, so that every server has compiled its code when it is measured, however busy the machine is.
 */
export async function load(port: number, connections: number, count: number): Promise<number[]> {
  const times: number[] = []
  let left = count
  const run = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentAt = 0
      let text = ''
      const send = (): void => {
        if (left-- <= 0) {
          resolve()
          return
        }
        text = ''
        sentAt = performance.now()
        socket.write(request)
      }
      socket.on('error', reject)
      socket.on('data', (chunk: string) => {
        text += chunk
        if (!text.startsWith('HTTP/1.1 200')) return reject(new Error(`answered with ${text}`))
        if (!isWhole(text)) return
        times.push(performance.now() - sentAt)
        send()
      })
      send()
    })
  const sockets = Array.from({ length: connections }, () =>
    connect(port, '127.0.0.1').setNoDelay().setEncoding('latin1'),
  )
  await Promise.all(sockets.map(run))
  for (const socket of sockets) socket.destroy()
  return times
}

/** The answer is one small object; in chunks, or with a length. */
function isWhole(text: string): boolean {
  if (!text.includes(expected)) return false
  return text.includes('ransfer-') ? text.endsWith('0\r\n\r\n') : text.endsWith('}')
}
