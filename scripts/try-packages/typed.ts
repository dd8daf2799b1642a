/** Types of the packages at work: what is wrong here on purpose must be an error, so nothing may have become `any`. */
import { HubClient } from '@posthouse/client'
import { createCallClient } from '@posthouse/client/calls'
import { isPosthouseError } from '@posthouse/core'
import { createHttpClient } from '@posthouse/http'
import { Hub } from '@posthouse/hub'
import { logger } from '@posthouse/log'
import { createApi, procedure } from '@posthouse/rpc'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { createApp } from '@posthouse/web'
import { createNode, defineConfig } from 'posthouse'
import { z } from 'zod'

export const config = defineConfig({ settings: { port: 9898, heartbeatTimeout: '2m' } })
// @ts-expect-error there is no such setting
export const misspelled = defineConfig({ settings: { prot: 9898 } })

const app = createApp({ title: 'Shop' })
app.get('/items/{id}', { params: z.object({ id: z.number() }) }, ({ params }) => params.id.toFixed())
// @ts-expect-error the path has no such part
app.get('/items/{id}', ({ params }) => params.name)

const api = createApi({ double: procedure({ input: z.number() }, (n) => n * 2) })
const calls = createCallClient<typeof api>({ httpUrl: 'http://127.0.0.1/api/call' })
export const doubled: Promise<number> = calls.call('double', 7)
// @ts-expect-error it takes a number
export const wrongInput = calls.call('double', 'seven')
// @ts-expect-error there is no such procedure
export const unknown = calls.call('treble', 7)

// @ts-expect-error a port is a number
await new Hub().listen({ port: 'x' })
// @ts-expect-error it needs a client id of text
export const client = new HubClient({ url: 'ws://127.0.0.1', clientId: 5 })
// @ts-expect-error durability is one of three words
export const store = openSqliteStore({ path: 'x', durability: 'paper' })

await using node = createNode({ app })
const { url }: { readonly url: string } = await node.listen()
logger.info('listening', { url })
await createHttpClient({ baseUrl: url })
  .get('/')
  .catch((error: unknown) => isPosthouseError(error) && logger.warn(error.code))
