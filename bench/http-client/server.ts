import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of its own that answers everything with a kilobyte of JSON, and says its port. */
const body = Buffer.from(
  JSON.stringify({
    users: Array.from({ length: 16 }, (_, id) => ({ id, name: `user ${id}`, active: true, score: 0.5 })),
  }).padEnd(1024),
)

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit())
