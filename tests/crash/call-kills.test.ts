import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSigningKey } from '@posthouse/core/callbacks'
import { io } from 'socket.io-client'

const key = createSigningKey()
const ana = 'a'.repeat(32)

async function startServer(folder: string) {
  const program = fileURLToPath(new URL('mortal-calls.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', program, folder, key])
  child.stderr.pipe(process.stderr)
  const [port] = await once(createInterface({ input: child.stdout }), 'line')
  const url = `http://127.0.0.1:${port}`
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { url, kill }
}

async function call(url: string, body: object) {
  const headers = { 'content-type': 'application/json', 'posthouse-caller': ana }
  const response = await fetch(`${url}/api/call`, { method: 'POST', headers, body: JSON.stringify(body) })
  return JSON.parse(await response.text())
}

/** What handlers have noted. */
function runs(folder: string): string[] {
  const path = join(folder, 'runs')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}

async function begun(folder: string, line: string): Promise<void> {
  const watcher = watch(folder)
  while (!runs(folder).includes(line)) await once(watcher, 'change')
  watcher.close()
}

/** Receives callbacks. */
async function receive() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(await text(request))
    response.end()
    server.emit('callback')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { url, bodies, server }
}

describe('a server that is killed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posthouse-killed-'))
  let server: Awaited<ReturnType<typeof startServer>>
  let receiver: Awaited<ReturnType<typeof receive>>
  let welcomed: Record<string, unknown>

  const wishes = {
    before: { api: 'once', data: 'before', request_id: 'before' },
    during: { api: 'once', data: 'slow', request_id: 'during' },
    twice: { api: 'twice', data: 'slow twice', request_id: 'twice' },
    after: { api: 'once', data: 'after', request_id: 'after' },
    promised: { api: 'once', data: 'slow promise', request_id: 'promised', callback_type: 'http' },
  }

  before(async () => {
    receiver = await receive()
    const first = await startServer(folder)
    welcomed = await welcome(first.url)
    assert.equal((await call(first.url, wishes.after)).data, 'did after')
    const receipt = await call(first.url, { ...wishes.promised, callback_url: receiver.url })
    assert.equal(receipt.success, true)
    const lost = [wishes.during, wishes.twice].map((wish) => call(first.url, wish).catch(() => 'lost'))
    for (const { data } of [wishes.during, wishes.twice, wishes.promised]) await begun(folder, `begin ${data}`)
    await first.kill()
    assert.deepEqual(await Promise.all(lost), ['lost', 'lost'])
    await assert.rejects(call(first.url, wishes.before))
    assert.deepEqual(receiver.bodies, [])
    const came = once(receiver.server, 'callback')
    server = await startServer(folder)
    await came
  })
  after(async () => {
    await server.kill()
    receiver.server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ran = (data: string): number => runs(folder).filter((line) => line === `begin ${data}`).length

  it('before a handler begins has it run once, when the call is sent again', async () => {
    assert.equal((await call(server.url, wishes.before)).data, 'did before')
    assert.equal((await call(server.url, wishes.before)).data, 'did before')
    assert.equal(ran('before'), 1)
  })

  it('during a handler that must not run twice leaves an unknown outcome, whichever way it is asked for', async () => {
    for (let asked = 0; asked < 2; asked++) {
      assert.equal((await call(server.url, wishes.during)).code, 'unknown_outcome')
    }
    const socket = io(server.url, { forceNew: true, auth: { posthouse: 1, caller: ana } })
    assert.equal((await socket.emitWithAck('api', wishes.during)).code, 'unknown_outcome')
    socket.disconnect()
    assert.equal(ran('slow'), 1)
  })

  it('during a handler that may run twice has it run again', async () => {
    assert.equal((await call(server.url, { ...wishes.twice, deadline_ms: 500 })).code, 'timeout')
    assert.equal(ran('slow twice'), 2)
  })

  it('after a handler has ended gives the first answer to whoever asks again, from the same memory', async () => {
    const { store } = await welcome(server.url)
    assert.equal(store, welcomed.store)
    assert.equal((await call(server.url, { ...wishes.after, store })).data, 'did after')
    assert.equal(ran('after'), 1)
  })

  it('keeps what a receipt has promised, and its callbacks', async () => {
    assert.partialDeepStrictEqual(JSON.parse(receiver.bodies[0] ?? ''), {
      request_id: 'promised',
      code: 'unknown_outcome',
    })
    const came = once(receiver.server, 'callback')
    const wish = { api: 'twice', data: 'late', request_id: 'late', callback_type: 'http', callback_url: receiver.url }
    await call(server.url, wish)
    await came
    assert.partialDeepStrictEqual(JSON.parse(receiver.bodies[1] ?? ''), { request_id: 'late', data: 'did late' })
    assert.equal(ran('slow promise'), 1)
  })
})

/** What a server says to one of ours first. */
async function welcome(url: string): Promise<Record<string, unknown>> {
  const socket = io(url, { forceNew: true, auth: { posthouse: 1, caller: ana } })
  const said = await new Promise<Record<string, unknown>>((resolve) => socket.once('api:welcome', resolve))
  socket.disconnect()
  return said
}
