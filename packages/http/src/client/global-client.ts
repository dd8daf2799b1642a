import type { HttpResponse } from '../response/http-response.ts'
import type { HttpClientOptions } from './client-options.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { fastkit } from './presets.ts'
import { MadeOnDemand, type Senders, sendersOf } from './ready.ts'
import type { RequestOptions } from './request-options.ts'

/** Sends one request with the client behind it. */
export type Send = (url: string | URL, options?: RequestOptions) => Promise<HttpResponse>

/** A client that is made when it is first used, and again when it is used after it was closed. */
export interface ReadyClient extends Senders<RequestOptions, Promise<HttpResponse>> {
  stream(method: string, url: string | URL, options?: RequestOptions): Promise<HttpResponse>
  /** The client itself. */
  client(): HttpClient
  close(): Promise<void>
}

function readyClient(options?: HttpClientOptions): ReadyClient {
  const made = new MadeOnDemand(() => createHttpClient(options))
  return {
    ...sendersOf((method, url, given?: RequestOptions) => made.value.request(method, url, given)),
    stream: (method, url, given) => made.value.stream(method, url, given),
    client: () => made.value,
    close: async () => made.take()?.close(),
  }
}

/** Document 004's asynchronous client with its habits (`fastkit`), ready to be used. */
export const aiorequests: ReadyClient = readyClient({ preset: fastkit })

const global = readyClient()

/** The client behind `get`, `post` and the others, with the defaults of `createHttpClient`. */
export function getGlobalClient(): HttpClient {
  return global.client()
}

/** Closes the global client. The next request makes another. */
export function closeGlobalClient(): Promise<void> {
  return global.close()
}

/** Sends a GET with the global client. */
export const get: Send = global.get
/** Sends a POST with the global client. */
export const post: Send = global.post
/** Sends a PUT with the global client. */
export const put: Send = global.put
/** Sends a PATCH with the global client. */
export const patch: Send = global.patch
/** Sends a DELETE with the global client; `delete` is no name that a function may have. */
export const del: Send = global.delete
/** Sends a HEAD with the global client. */
export const head: Send = global.head
/** Sends an OPTIONS with the global client. */
export const options: Send = global.options
/** Sends a request of any method with the global client. */
export const request: ReadyClient['request'] = global.request
