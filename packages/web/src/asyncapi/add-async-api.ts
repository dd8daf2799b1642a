import type { DocsOptions } from '../app/options.ts'
import type { DocumentInfo } from '../docs/open-api.ts'
import type { Route, Router } from '../routing/router.ts'
import type { SocketEndpoint } from '../socket/endpoint.ts'
import { asyncApiDocument } from './async-api.ts'
import { pageAsset, pageAssets, renderAsyncApiPage } from './page.ts'

/** Not in the documents themselves. */
const hidden = { documented: false } as const

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const

/** What is shown of the WebSocket endpoints. */
export interface ShownSockets {
  readonly info: DocumentInfo
  readonly routes: readonly Route<SocketEndpoint>[]
  /** False where the app has a format of its own for error frames. */
  readonly usualErrors: boolean
}

/** Adds the endpoints that show the AsyncAPI document, and the page that reads it. */
export function addAsyncApi(router: Router, options: DocsOptions, shown: ShownSockets): void {
  const { asyncapiUrl = '/asyncapi.json', asyncapiPageUrl = '/asyncapi' } = options
  if (asyncapiUrl === null) return
  router.get(asyncapiUrl, hidden, ({ request }) => {
    const protocol = request.protocol === 'https' ? 'wss' : 'ws'
    const server = { protocol, host: request.host } as const
    return asyncApiDocument(shown.routes, shown.info, { server, usualErrors: shown.usualErrors })
  })
  if (asyncapiPageUrl !== null) addPage(router, asyncapiPageUrl, { title: shown.info.title, documentUrl: asyncapiUrl })
}

function addPage(router: Router, url: string, about: { title: string; documentUrl: string }): void {
  const assetsUrl = `${url.replace(/\/$/, '')}/assets`
  router.get(url, hidden, ({ request }) => {
    const { html, policy } = renderAsyncApiPage({ ...about, assetsUrl, host: request.host })
    return new Response(html, { headers: { ...pageHeaders, 'content-security-policy': policy } })
  })
  for (const name of pageAssets) {
    router.get(`${assetsUrl}/${name}`, hidden, async () => {
      const { type, content } = await pageAsset(name)
      const headers = { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' }
      return new Response(content, { headers })
    })
  }
}
