import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type InboxStore, MemoryInboxStore } from '@posthouse/core'
import { changedStore } from '@posthouse/core/testing'
import { Hub } from '@posthouse/hub'
import { Load, type Tally } from './load.ts'

/** A folder for the hubs of one test. Dispose removes it. */
async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'posthouse-restart-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Starts a hub in a process of its own, which keeps its messages in memory. */
async function startProcess(
  statusFile: string,
  port: number,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const program = fileURLToPath(new URL('./hub-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@posthouse/source', program, statusFile, `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  return { child, url: String(line).trim() }
}

function assertOnce(tally: Tally): void {
  assert.deepEqual(tally.refused, [])
  const often = [...tally.handled].filter(([, times]) => times > 1)
  assert.deepEqual(often, [], 'no message reaches a handler twice')
}

/** Resolves when a status file names a client. */
async function known(statusFile: string, client: string): Promise<void> {
  while (!(await readFile(statusFile, 'utf8')).includes(client)) await new Promise((resolve) => setImmediate(resolve))
}

/** A store that outlives its hubs, as one on a disk would. */
function lastingStore(): InboxStore {
  return changedStore(new MemoryInboxStore(), { durability: 'process' })
}

suite('a hub under load', () => {
  for (const kind of ['memory', 'process'] as const) {
    test(`that drains and starts anew loses nothing, with a store that outlives ${kind === 'memory' ? 'nothing' : 'it'}`, async () => {
      await using folder = await temporaryFolder()
      const lasting = kind === 'process' ? { store: lastingStore() } : {}
      const options = { statusFile: join(folder.path, 'status.yaml'), ...lasting }
      let hub = new Hub(options)
      try {
        const { port, url } = await hub.listen({ port: 0 })
        await using load = await Load.start({ url, senders: 4, receivers: 3, abreast: 25 })
        for (let restart = 0; restart < 4; restart++) {
          await load.progress(500)
          // What waits in memory for one that is away ends with the hub, as it has said in `welcome`.
          if (kind === 'memory') await load.online()
          await hub.drain({ graceMs: 20_000 })
          hub = new Hub(options)
          await hub.listen({ port })
        }
        await load.progress(500)
        await load.stop()
        await load.arrived(load.confirmed)
        await load.online()
        assertOnce(load)
      } finally {
        await hub.close()
      }
    })
  }

  test('that is killed loses at most what it had confirmed and not delivered; all come back by themselves', async () => {
    await using folder = await temporaryFolder()
    const statusFile = join(folder.path, 'status.yaml')
    let { child, url } = await startProcess(statusFile, 0)
    try {
      await using load = await Load.start({ url, senders: 3, receivers: 2, abreast: 20, together: true })
      // Whom the next hub has never heard of cannot be sent to before it comes back.
      for (const receiver of ['receiver0', 'receiver1']) await known(statusFile, receiver)
      for (let restart = 0; restart < 2; restart++) {
        await load.online()
        await load.progress(500)
        child.kill('SIGKILL')
        await once(child, 'exit')
        ;({ child } = await startProcess(statusFile, Number(new URL(url).port)))
      }
      await load.online()
      const atRisk = load.confirmed.size
      await load.progress(500)
      await load.stop()
      await load.arrived([...load.confirmed].slice(atRisk))
      assertOnce(load)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
