import { readFile } from 'node:fs/promises'

/** The page of the WebSocket endpoints, and the policy under which a browser may show it. */
export interface AsyncApiPage {
  readonly html: string
  readonly policy: string
}

/** The files of the page, by name. */
export const pageAssets = ['asyncapi.js', 'asyncapi.css'] as const

/** One of them, with its media type. */
export async function pageAsset(name: (typeof pageAssets)[number]): Promise<{ type: string; content: string }> {
  const content = await readFile(new URL(`../../assets/${name}`, import.meta.url), 'utf8')
  return { type: name.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8', content }
}

/** What the page is about. */
export interface AsyncApiSubject {
  readonly title: string
  readonly documentUrl: string
  readonly assetsUrl: string
  /** Host and port that the browser asked for. */
  readonly host: string
}

/** A page that shows the document, and talks to its endpoints. It loads nothing from elsewhere and writes no markup. */
export function renderAsyncApiPage({ title, documentUrl, assetsUrl, host }: AsyncApiSubject): AsyncApiPage {
  // Not every browser takes 'self' for a WebSocket of the same host.
  const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : ''
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${escapeHtml(assetsUrl)}/asyncapi.css">
<script type="module" src="${escapeHtml(assetsUrl)}/asyncapi.js"></script>
</head>
<body data-document="${escapeHtml(documentUrl)}">
<main><p id="state">Loading …</p></main>
</body>
</html>
`
  return { html, policy: policy.join('; ') }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
