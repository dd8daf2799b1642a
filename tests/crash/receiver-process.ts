import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { HubClient } from '@posthouse/client'

/** What a receiver is told: first where to connect, then to let the hub have its acknowledgements. */
export type ReceiverOrder = { readonly url: string; readonly clientId: string } | 'settle'

/** Written at once, so that it is read although the process is killed in the next moment. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}

// A process that is killed does not do it at its end.
flushCompileCache()
process.on('disconnect', () => process.exit(0))
const [order] = (await once(process, 'message')) as [Exclude<ReceiverOrder, 'settle'>]
const client = new HubClient({ ...order, reconnect: { baseMs: 10, capMs: 20 } })
client.on('text', async ({ body }) => {
  say(`begins ${String(body)}`)
  // What is to be interrupted never comes to its end.
  if (String(body).endsWith('stuck')) await new Promise<never>(() => undefined)
  say(`ends ${String(body)}`)
})
process.on('message', async () => {
  // The answer comes after everything that the client has said before.
  await client.clients()
  say('settled')
})
await client.connect({ retry: true })
say('online')
