import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { type ClientStorage, HubClient } from '@posthouse/client'
import { sqliteStorage } from '@posthouse/client/sqlite'

/** What a receiver is told first. */
export interface ReceiverOrder {
  readonly url: string
  readonly clientId: string
  /** Where it remembers from one life to the next what it has handled. Default: nowhere. */
  readonly path?: string
}

/** What it is told then: to let the hub have its acknowledgements, or a handler that waits come to its end. */
export interface ReceiverTask {
  readonly task: 'settle' | 'release'
}

/** Written at once, so that it is read although the process is killed in the next moment. */
function say(line: string): void {
  // The pipe takes nothing while its reader has no time; a handler that threw for that would be taken to be done.
  while (!written(line)) Atomics.wait(oneWord, 0, 0, 1)
}

const oneWord = new Int32Array(new SharedArrayBuffer(4))

function written(line: string): boolean {
  try {
    writeSync(1, `${line}\n`)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false
    throw error
  }
}

/** Says when a message is one that will not be handled again. */
function telling(inner: ClientStorage): ClientStorage {
  return {
    open: async (client, window) => {
      const opened = await inner.open(client, window)
      return {
        state: opened.state,
        write: async (change) => {
          await opened.write(change)
          if ('handled' in change) say('remembers')
        },
        close: () => opened.close(),
      }
    },
  }
}

// A process that is killed does not do it at its end.
flushCompileCache()
process.on('disconnect', () => process.exit(0))
const [{ url, clientId, path }] = (await once(process, 'message')) as [ReceiverOrder]
const storage = path === undefined ? {} : { storage: telling(sqliteStorage({ path })) }
const client = new HubClient({ url, clientId, reconnect: { baseMs: 10, capMs: 20 }, ...storage })
const { promise: released, resolve: release } = Promise.withResolvers<void>()
client.on('text', async ({ body }) => {
  say(`begins ${String(body)}`)
  if (String(body).endsWith('held')) await released
  // What is to be interrupted never comes to its end.
  if (String(body).endsWith('stuck')) await new Promise<never>(() => undefined)
  say(`ends ${String(body)}`)
})
process.on('message', async ({ task }: ReceiverTask) => {
  if (task === 'release') {
    release()
    return
  }
  // The answer comes after everything that the client has said before.
  await client.clients()
  say('settled')
})
await client.connect({ retry: true })
say('online')
