import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { createApi } from '@posthouse/rpc'
import { PYTHON_PEERS_MISSING, pythonPeersAvailable } from './python-peer.ts'

const python = pythonPeersAvailable()
const skip = python === undefined && PYTHON_PEERS_MISSING

/** Calls as a program of document 000, by these transports, and returns what it heard. */
async function callFromPython(url: string, transports: readonly string[]) {
  const script = join(import.meta.dirname, 'socket_calls.py')
  const env = { ...process.env, PYTHONUTF8: '1', NO_PROXY: '*' }
  const { stdout } = await promisify(execFile)(python ?? '', ['-B', script, url, ...transports], { env })
  return JSON.parse(stdout)
}

describe('a Python program with python-socketio', { skip }, () => {
  const api = createApi({}).registerBatch({
    'user.get': ({ userId }: { userId: number }) => ({ id: userId, name: 'Test User' }),
    boom: () => {
      throw new Error('boom failed')
    },
    quiet: () => undefined,
  })
  const expected = [
    {
      request_id: 'r0',
      api: 'user.get',
      success: true,
      data: { id: 7, name: 'Test User' },
      message: '处理成功',
      callback_func: 'user.get',
    },
    { request_id: 'r1', api: 'boom', success: false, error: 'boom failed', callback_func: 'boom' },
    { request_id: 'r2', api: 'nope', success: false, error: '未知的API: nope', callback_func: 'nope' },
    { request_id: 'r3', api: 'quiet', success: true, message: '处理成功', callback_func: 'quiet' },
  ]

  for (const [name, transports, ends] of [
    ['polling and then a WebSocket, as it does by itself', [], 'websocket'],
    ['a WebSocket', ['websocket'], 'websocket'],
    ['polling', ['polling'], 'polling'],
  ] as const) {
    it(`calls over ${name}`, async () => {
      const door = api.socketDoor()
      const server = createServer((request, response) => door.handleRequest(request, response))
      server.on('upgrade', (request, socket, head) => door.handleUpgrade(request, socket, head))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const heard = await callFromPython(`http://127.0.0.1:${port}`, transports)
      assert.deepEqual(heard.responses, expected)
      assert.deepEqual(heard.acknowledged.data, { id: 8, name: 'Test User' })
      assert.equal(heard.transport, ends)
      await door.close()
      server.closeAllConnections()
      server.close()
    })
  }
})
