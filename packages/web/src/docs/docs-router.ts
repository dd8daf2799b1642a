import type { DocsOptions } from '../app/options.ts'
import { addAsyncApi } from '../asyncapi/add-async-api.ts'
import { createRouter, isHttpRoute, isSocketRoute, type Route, type Router } from '../routing/router.ts'
import { assetNames, loadAsset, type PageKind } from './bundles.ts'
import { type DocumentInfo, type OpenApiDocument, openApiDocument } from './open-api.ts'
import { renderPage } from './pages.ts'

/** Not in the documents themselves. */
const hidden = { documented: false } as const

/** The endpoints that show the documents of an app. */
export function docsRouter(
  options: DocsOptions,
  info: DocumentInfo,
  { routes, usualErrors }: { routes: readonly Route[]; usualErrors: boolean },
): Router {
  const router = createRouter()
  addAsyncApi(router, options, { info, routes: routes.filter(isSocketRoute), usualErrors })
  const { openapiUrl = '/openapi.json' } = options
  if (openapiUrl !== null) addOpenApi(router, { ...options, openapiUrl }, info, routes)
  return router
}

function addOpenApi(
  router: Router,
  options: DocsOptions & { openapiUrl: string },
  info: DocumentInfo,
  routes: readonly Route[],
): void {
  const { openapiUrl, docsUrl = '/docs', redocUrl = '/redoc', referenceUrl = '/reference' } = options
  let document: OpenApiDocument | undefined
  router.get(openapiUrl, hidden, () => {
    document ??= openApiDocument(routes.filter(isHttpRoute), info)
    return document
  })
  const pages: readonly [PageKind, string | null][] = [
    ['swagger', docsUrl],
    ['redoc', redocUrl],
    ['scalar', referenceUrl],
  ]
  for (const [kind, url] of pages) if (url !== null) addPage(router, kind, url, { title: info.title, openapiUrl })
}

function addPage(router: Router, kind: PageKind, url: string, about: { title: string; openapiUrl: string }): void {
  const assetsUrl = `${url.replace(/\/$/, '')}/assets`
  router.get(url, hidden, async () => {
    // A page whose package is missing says so instead of staying white.
    await Promise.all(assetNames(kind).map((name) => loadAsset(kind, name)))
    const { html, policy } = renderPage(kind, { ...about, assetsUrl })
    return new Response(html, {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      },
    })
  })
  for (const name of assetNames(kind)) {
    router.get(`${assetsUrl}/${name}`, hidden, async ({ reply }) => {
      const { type, content } = await loadAsset(kind, name)
      reply.header('content-type', type).header('cache-control', 'public, max-age=86400')
      reply.header('x-content-type-options', 'nosniff')
      return content
    })
  }
}
