import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { announce } from './announce.ts'

/** The least that a relay on `ws` must do: look at the address, forward the bytes. */
const clients = new Map<string, WebSocket>()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, clientTracking: false })

server.on('connection', (socket, request) => {
  const name = (request.url ?? '').slice(1)
  clients.set(name, socket)
  socket.on('error', () => undefined)
  socket.on('close', () => clients.delete(name))
  socket.on('message', (data) => {
    const { to } = JSON.parse(data.toString()) as { readonly to: string }
    if (to !== 'all') clients.get(to)?.send(data, { binary: false })
    else for (const other of clients.values()) if (other !== socket) other.send(data, { binary: false })
  })
})
server.on('listening', () => announce((server.address() as AddressInfo).port))
