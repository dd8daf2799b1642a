import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { PosthouseError } from '@posthouse/core'
import type { HttpClientOptions } from '../client/client-options.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import type { RequestOptions } from '../client/request-options.ts'
import type { ServerSentEvent } from '../events/event-parser.ts'
import type { EventStreamOptions } from '../events/event-stream.ts'
import type { HttpInterceptor } from '../interceptors/http-interceptor.ts'
import { requestContext } from '../request/request-id.ts'
import type { DownloadOptions } from '../transfer/download.ts'
import type { UploadOptions } from '../transfer/upload.ts'
import {
  aliveMs,
  cells,
  type FromWorker,
  type Operation,
  type Reply,
  type ToWorker,
  type WorkerStart,
} from './messages.ts'
import { WorkerValues } from './worker-values.ts'

// The bridge starts this file with nothing else.
const { memory, port, replies } = workerData as WorkerStart
const counters = new Int32Array(memory)
const clients = new Map<number, HttpClient>()
const added = new Map<number, Disposable>()
const followed = new Map<number, AsyncGenerator<ServerSentEvent>>()

/** Who waits for what functions of the caller give. */
const asked = new Map<number, (reply: Reply) => void>()
let asks = 0

const values = new WorkerValues({
  tell: (fn, args) => post({ kind: 'tell', fn, args }),
  ask: (fn, args) => {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    asked.set(++asks, resolve)
    post({ kind: 'ask', fn, args, ask: asks })
    return promise
  },
  block: (fn, args) => {
    post({ kind: 'ask', fn, args })
    for (;;) {
      const seen = Atomics.load(counters, cells.toWorker)
      const received: { message: Reply } | undefined = receiveMessageOnPort(replies)
      if (received !== undefined) return received.message
      Atomics.wait(counters, cells.toWorker, seen)
    }
  },
})

function post(message: FromWorker): void {
  port.postMessage(message)
  Atomics.add(counters, cells.toCaller, 1)
  Atomics.notify(counters, cells.toCaller)
}

/** What each operation does. Their arguments are what the synchronous client packs, so each `as` says that. */
const operations: Readonly<Record<Operation, (client: HttpClient, args: unknown) => unknown>> = {
  request: (client, args) => client.request(...(args as [string, string, RequestOptions])),
  upload: (client, args) => client.upload(...(args as [string, string, UploadOptions])),
  download: async (client, args) => {
    const { response, ...download } = await client.download(...(args as [string, string, DownloadOptions]))
    return { ...download, status: response.status, headers: response.headers }
  },
  follow: (client, args) => {
    const [number, url, options] = args as [number, string, EventStreamOptions]
    followed.set(number, client.events(url, options))
  },
  next: (_client, args) => followed.get(args as number)?.next(),
  leave: async (_client, args) => {
    await followed.get(args as number)?.return(undefined)
    followed.delete(args as number)
  },
  extend: (client, args) => {
    const [number, options] = args as [number, HttpClientOptions]
    clients.set(number, client.extend(options))
  },
  use: (client, args) => {
    const [number, interceptor] = args as [number, HttpInterceptor]
    added.set(number, client.use(interceptor))
  },
  unuse: (_client, args) => {
    const number = args as number
    added.get(number)?.[Symbol.dispose]()
    added.delete(number)
  },
  metrics: (client) => {
    const { records, total } = client.metrics()
    return { records, total }
  },
  stats: (client) => client.stats,
  drain: (client) => client.drain(),
  close: (client) => client.close(),
}

async function answer(message: Extract<ToWorker, { kind: 'call' }>): Promise<void> {
  const { id, client: number, operation, requestId } = message
  try {
    const reason = broken.get(number)
    if (reason !== undefined) throw reason
    const client = clients.get(number)
    if (client === undefined) throw new PosthouseError('internal', `nobody knows client ${number}`)
    const args = values.unpack(message.args)
    const run = (): unknown => operations[operation](client, args)
    const value = await (requestId === undefined ? run() : requestContext.run({ requestId }, run))
    post({ kind: 'done', id, value: values.pack(value) })
  } catch (error) {
    post({ kind: 'failed', id, error: values.pack(error instanceof Error ? error : new Error(String(error))) })
  }
}

/** Why a client could not be made: told with the first call, for which somebody waits. */
const broken = new Map<number, unknown>()

function open({ client, options }: Extract<ToWorker, { kind: 'open' }>): void {
  try {
    clients.set(client, createHttpClient(values.unpack(options) as HttpClientOptions))
  } catch (error) {
    broken.set(client, error)
  }
}

async function forget(client: number): Promise<void> {
  const forgotten = clients.get(client)
  clients.delete(client)
  broken.delete(client)
  await forgotten?.close()
}

setInterval(() => Atomics.add(counters, cells.alive, 1), aliveMs).unref()
process.on('uncaughtException', (error) => post({ kind: 'broken', error: values.pack(error) }))
port.on('message', (message: ToWorker) => {
  if (message.kind === 'open') open(message)
  else if (message.kind === 'call') void answer(message)
  else if (message.kind === 'forget') void forget(message.client)
  else {
    asked.get(message.ask)?.(message.reply)
    asked.delete(message.ask)
  }
})
post({ kind: 'ready' })
