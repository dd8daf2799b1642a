import type { Injected, InjectOptions } from './http-door.ts'

/** `fetch`, of which the network is an app in the same process. Of a URL only path and query count. */
export type InMemoryFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** Statuses whose responses have no body, which `Response` insists on. */
const bodyless = new Set([204, 205, 304])

/** A `fetch` that has `inject` answer. */
export function inMemoryFetch(inject: (request: InjectOptions) => Promise<Injected>): InMemoryFetch {
  return async (input, init) => {
    const request = new Request(typeof input === 'string' ? new URL(input, 'http://localhost') : input, init)
    request.signal.throwIfAborted()
    const { pathname, search } = new URL(request.url)
    const body = Buffer.from(await request.arrayBuffer())
    const { status, headers, bytes } = await inject({
      method: request.method,
      url: pathname + search,
      headers: Object.fromEntries(request.headers),
      ...(body.length > 0 && { body }),
    })
    const content = bodyless.has(status) ? null : new Uint8Array(bytes)
    return new Response(content, { status, headers: listOf(headers) })
  }
}

function listOf(headers: Injected['headers']): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
  )
}
