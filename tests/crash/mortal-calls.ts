import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi, procedure } from '@posthouse/rpc'
import { openCallStore } from '@posthouse/store/calls'

/**
 * A server that is killed: `mortal-calls.ts <folder> <key>`. Each run of a handler is a line in `runs`, so that it can be counted
 * whatever becomes of the process. Prints its port.
 */
const [folder = '', key = ''] = process.argv.slice(2)
const note = (line: string): void => appendFileSync(`${folder}/runs`, `${line}\n`)
const store = openCallStore({ path: `${folder}/calls.db` })
const handler = async (data: unknown): Promise<unknown> => {
  note(`begin ${String(data)}`)
  // Whoever waits for it has heard that it has begun.
  if (String(data).startsWith('slow')) await new Promise(() => undefined)
  return `did ${String(data)}`
}
const api = createApi(
  { twice: procedure({ idempotent: true }, handler), once: procedure({}, handler) },
  { store, callbacks: { keys: [key], guard: { allowPrivate: true }, delaysMs: [50] } },
)
const door = api.socketDoor()
const server = createServer()
server.on('upgrade', (request, socket, head) => door.handleUpgrade(request, socket, head))
server.on('request', (request, response) => {
  if (request.url !== '/api/call') return door.handleRequest(request, response)
  const pieces: Buffer[] = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', async () => {
    const visit = { headers: request.headers, remoteAddress: '127.0.0.1' }
    const { status, headers, body } = await api.http.call(JSON.parse(String(Buffer.concat(pieces))), visit)
    response.writeHead(status, headers).end(body)
  })
})
await api.start()
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
