/**
 * Document 000, step by step: create a client, define and register a callback, call, disconnect. Below it the same without
 * callbacks: a call is a promise of its result, with the types of the procedures.
 *
 * Run it with `npx posthouse up --procedures examples/70-procedures.ts` in one terminal and
 * `node --conditions=@posthouse/source examples/71-call-client.ts` in another.
 */
import { type CallResponse, createCallClient } from '@posthouse/client/calls'
import type { procedures } from './70-procedures.ts'

const [host = '127.0.0.1:9898'] = process.argv.slice(2)

// 1. The client.
const client = createCallClient<typeof procedures>({
  socketUrl: `ws://${host}`,
  httpUrl: `http://${host}/api/call`,
  callbackUrl: 'http://127.0.0.1:8000/api/callback',
  logLevel: 'warn',
  maxConcurrent: 10,
  reconnection: true,
  reconnectionAttempts: 3,
  reconnectionDelayMs: 1000,
  reconnectionDelayMaxMs: 5000,
})

// 2. What is done with a result.
const heard = Promise.withResolvers<void>()
async function handleResponse(response: CallResponse): Promise<void> {
  console.log('received', response.data)
  heard.resolve()
}

// 3. It is registered before the call.
client.registerCallback('user.get', handleResponse)

// 4. The call.
await client.connect()
const receipt = await client.callWithCallback('user.get', { userId: 7 }, { callbackFunc: 'user.get' })
console.log('sent', receipt.success, 'by', receipt.mode)
await heard.promise

// The same without callbacks.
console.log(await client.call('user.update', { userId: 7, name: '张三' }))
console.log(await client.api.user.get({ userId: 7 }, { timeoutMs: 5000 }))
for await (const n of client.stream('count', { to: 3 })) console.log(n)

await client.disconnect()
