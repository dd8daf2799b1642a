import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type WebSocket, WebSocketServer } from 'ws'
import { announce } from './announce.ts'

/** What a client says: a message for another one, or up to where it has processed its own. */
interface Letter {
  readonly to: string
  readonly n: number
  readonly body: string
}
type Word = Letter | { readonly ack: number }

interface Arrival {
  readonly from: WebSocket
  readonly seq: number
  readonly letter: Letter
}

/** The least that keeps messages: one transaction for all that one turn of the event loop has brought, then the answers. */
const [folder = '.'] = process.argv.slice(2)
const database = new DatabaseSync(join(folder, 'reference.db'))
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
database.exec(
  'CREATE TABLE messages (inbox TEXT, seq INTEGER, body TEXT, PRIMARY KEY (inbox, seq)) WITHOUT ROWID, STRICT',
)
const insert = database.prepare('INSERT INTO messages VALUES (?, ?, ?)')
const remove = database.prepare('DELETE FROM messages WHERE inbox = ? AND seq <= ?')

const clients = new Map<string, WebSocket>()
let arrivals: Arrival[] = []
let acknowledged = new Map<string, number>()
let lastSeq = 0

function turn(): void {
  const [kept, processed] = [arrivals, acknowledged]
  arrivals = []
  acknowledged = new Map()
  database.exec('BEGIN')
  for (const { seq, letter } of kept) insert.run(letter.to, seq, letter.body)
  for (const [inbox, seq] of processed) remove.run(inbox, seq)
  database.exec('COMMIT')
  const confirmed = new Map<WebSocket, number>()
  for (const { from, seq, letter } of kept) {
    clients.get(letter.to)?.send(JSON.stringify({ seq, body: letter.body }))
    confirmed.set(from, letter.n)
  }
  for (const [socket, n] of confirmed) socket.send(JSON.stringify({ kept: n }))
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, clientTracking: false })
server.on('connection', (socket, request) => {
  const name = (request.url ?? '').slice(1)
  clients.set(name, socket)
  socket.on('error', () => undefined)
  socket.on('close', () => clients.delete(name))
  socket.on('message', (data) => {
    if (arrivals.length + acknowledged.size === 0) setImmediate(turn)
    const word = JSON.parse(data.toString()) as Word
    if ('ack' in word) acknowledged.set(name, word.ack)
    else arrivals.push({ from: socket, seq: ++lastSeq, letter: word })
  })
})
server.on('listening', () => announce((server.address() as AddressInfo).port))
