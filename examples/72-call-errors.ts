/**
 * The error handling of document 000: which of its three cases it is, the code of the error says.
 *
 * Run it beside `npx posthouse up --procedures examples/70-procedures.ts`.
 */
import { isPosthouseError } from '@posthouse/client'
import { createCallClient } from '@posthouse/client/calls'

const [host = '127.0.0.1:9898'] = process.argv.slice(2)

async function tryTo(socketUrl: string, api: string, data: unknown): Promise<void> {
  await using client = createCallClient({ socketUrl, logLevel: 'silent' })
  try {
    console.log('the result:', await client.call(api, data))
  } catch (error) {
    if (!isPosthouseError(error)) throw error
    if (error.code === 'unreachable') console.log('the connection failed')
    else if (error.code === 'invalid_body' || error.code === 'invalid_option') console.log('wrong arguments')
    // The server went away, and remembers nothing: look before you call again.
    else if (error.code === 'unknown_outcome') console.log('it may have been done')
    else console.log('another error:', error.message)
  }
}

await tryTo(`ws://${host}`, 'user.get', { userId: 7 })
await tryTo('ws://127.0.0.1:1', 'user.get', { userId: 7 })
await tryTo(`ws://${host}`, 'user.get', { userId: 'seven' })
await tryTo(`ws://${host}`, 'user.get', { userId: 8 })
