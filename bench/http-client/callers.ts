import { rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@posthouse/core'
import type { HttpClientOptions } from '@posthouse/http'

/** Sends one GET and reads its JSON. */
export type CallOnce = () => Promise<unknown>

/** Makes each client that takes part. Imported when asked for: undici changes what `fetch` is. */
export const callers = {
  'undici.request': async (url) => {
    const undici = await import('undici')
    const dispatcher = new undici.Agent({ connections: 100 })
    return async () => (await undici.request(url, { dispatcher })).body.json()
  },
  'Posthouse, default pipeline': (url) => posthouse(url, { logging: false }),
  'Posthouse, requests logged to a file': async (url) => posthouse(url, { logger: await fileLogger() }),
  'Posthouse, requests logged to a file, 64 KB gathered': async (url) => {
    return posthouse(url, { logger: await fileLogger('64 KB') })
  },
  'node:http': async (url) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 100 })
    return () => plain(url, agent)
  },
  fetch: async (url) => async () => (await fetch(url)).json(),
  ky: async (url) => {
    const { default: ky } = await import('ky')
    return () => ky.get(url).json()
  },
  got: async (url) => {
    const { default: got } = await import('got')
    const client = got.extend({ agent: { http: new Agent({ keepAlive: true, maxSockets: 100 }) } })
    return () => client.get(url).json()
  },
  axios: async (url) => {
    const { default: axios } = await import('axios')
    const client = axios.create({ httpAgent: new Agent({ keepAlive: true, maxSockets: 100 }) })
    return async () => (await client.get<unknown>(url)).data
  },
} as const satisfies Record<string, (url: string) => Promise<CallOnce>>

/** Who takes part. */
export type CallerName = keyof typeof callers

async function posthouse(url: string, options: HttpClientOptions): Promise<CallOnce> {
  const { createHttpClient } = await import('@posthouse/http')
  const client = createHttpClient(options)
  return async () => (await client.get(url)).json()
}

async function fileLogger(buffer?: string): Promise<Logger> {
  const { createLogger } = await import('@posthouse/log')
  const logger = createLogger({ sinks: [] })
  const path = join(tmpdir(), `posthouse-bench-${process.pid}.log`)
  logger.add(path, { level: 'INFO', serialize: true, buffer })
  process.once('exit', () => rmSync(path, { force: true }))
  return logger
}

function plain(url: string, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
