import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrossCommClient } from './cross-comm-peer.ts'
import { RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { startTimelessHub } from './start-hub.ts'

const rounds = 100
const together = 100

/** One connection that comes and goes, in one of ten ways. */
async function visit(url: string, index: number): Promise<void> {
  const id = `c${index % 500}-${index % together}`
  const way = index % 10
  if (way === 0) return void (await (await RawSocket.open(url)).cut())
  if (way === 1) return void (await (await CrossCommClient.open(url, id)).raw.close())
  if (way <= 4) {
    const client = await CrossCommClient.login(url, id)
    if (way === 2) client.logout()
    return void (await (way === 3 ? client.raw.cut() : client.raw.close()))
  }
  const peer = await RawPeer.login(url, id, { dialect: way % 2 === 0 ? 'json' : 'msgpack' })
  if (way === 5) peer.send({ op: 'presence', watch: true })
  if (way === 6) peer.send({ op: 'send', id: 'm', to: id, type: 'text', body: 'x', n: index + 1 })
  if (way === 7) peer.send({ op: 'bye' })
  else if (way === 8) await peer.raw.close()
  else if (way === 9) peer.send({ op: 'hello', client: id, caps: [], producer: 'p1' })
  else await peer.cut()
  await peer.closed()
}

/** What keeps the process alive or waits, without what the test runner has. */
function resources(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => name.startsWith('TCP') || name === 'Timeout' || name === 'Immediate')
}

test('ten thousand connections that come and go leave no socket, timer or record of a connection', async () => {
  await using server = await startTimelessHub()
  server.log.lines.mute()
  const before = resources()
  const pending = server.clock.pending
  for (let round = 0; round < rounds; round++) {
    await Promise.all(Array.from({ length: together }, (_, index) => visit(server.url, round * together + index)))
  }
  while (server.hub.connections > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(server.hub.queuedBytes, 0)
  assert.deepEqual(server.hub.onlineClients(), [])
  assert.ok(server.hub.clients({ online: false }).length <= 1000)
  assert.equal(server.clock.pending, pending)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(resources().toSorted(), before.toSorted())
  await server.hub.close()
  assert.equal(server.clock.pending, 0)
})
