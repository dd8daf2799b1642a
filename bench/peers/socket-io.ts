import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { announce } from './announce.ts'

interface Letter {
  readonly to: string
  readonly body: string
}

/** The same relay on Socket.IO. */
const http = createServer()
const io = new Server(http, { serveClient: false, perMessageDeflate: false, pingInterval: 600_000 })
const clients = new Map<string, Socket>()

io.on('connection', (socket) => {
  const name = String(socket.handshake.query.client)
  clients.set(name, socket)
  socket.on('disconnect', () => clients.delete(name))
  socket.on('message', (letter: Letter) => {
    if (letter.to === 'all') socket.broadcast.emit('message', letter)
    else clients.get(letter.to)?.emit('message', letter)
  })
})
http.listen(0, '127.0.0.1', () => announce((http.address() as AddressInfo).port))
