import type { Hub } from '@posthouse/hub'
import type { Router } from '@posthouse/web'
import { ownVersion } from '../own-version.ts'
import type { Place } from './door.ts'

/** What the page tells. */
export interface PageOptions {
  readonly hub: Hub
  readonly places: readonly Place[]
}

/** Adds what a browser, or anybody else without a WebSocket, finds at `/`. */
export function addPage(app: Router, { hub, places }: PageOptions): void {
  app.get('/', { documented: false }, ({ request }) => {
    if (!request.headers.accept?.includes('text/html')) {
      return { name: 'Posthouse', version: ownVersion(), node: hub.node, places }
    }
    return new Response(pageOf(hub, places), { headers: pageHeaders })
  })
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}' +
  'dt{font-family:ui-monospace,monospace;margin-top:.8rem}dd{margin:0;color:#444}' +
  '@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}dd{color:#bbb}a{color:#8ab4f8}}'

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

function pageOf(hub: Hub, places: readonly Place[]): string {
  const rows = places.map(({ path, what }) => `<dt>${linked(path)}</dt><dd>${escaped(what)}</dd>`).join('\n')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Posthouse</title>
<style>${style}</style>
<h1>Posthouse</h1>
<p>Version ${escaped(ownVersion())} runs here, as ${escaped(hub.node)}. What it has, and where:</p>
<dl>
${rows}
</dl>
</html>
`
}

/** What a browser can open is a link. */
function linked(path: string): string {
  const text = escaped(path)
  return path.endsWith('/') || /[{*]/.test(path) ? text : `<a href="${text}">${text}</a>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (found) => entities[found] ?? found)
}
