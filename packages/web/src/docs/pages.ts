import { randomBytes } from 'node:crypto'
import { assetNames, type PageKind } from './bundles.ts'

/** A page, and the policy under which a browser may show it. */
export interface Page {
  readonly html: string
  readonly policy: string
}

/** What a page is about. */
export interface PageSubject {
  readonly title: string
  /** Where the document lies. */
  readonly openapiUrl: string
  /** Where the files of the page lie. */
  readonly assetsUrl: string
}

const nonceMark = '%nonce%'

/** A page that shows an OpenAPI document. Nothing on it comes from elsewhere, and no script runs that is not its own. */
export function renderPage(kind: PageKind, subject: PageSubject): Page {
  const nonce = randomBytes(16).toString('base64')
  return { html: html(kind, subject).replaceAll(nonceMark, nonce), policy: policyOf(kind, nonce) }
}

function policyOf(kind: PageKind, nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    // The components of ReDoc and Scalar write style elements without a nonce; a style can paint, but not run.
    kind === 'swagger' ? `style-src 'self' 'nonce-${nonce}'` : "style-src 'self' 'unsafe-inline'",
    ...(kind === 'swagger' ? ["style-src-attr 'unsafe-inline'"] : []),
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    kind === 'redoc' ? 'worker-src blob:' : "worker-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function html(kind: PageKind, { title, openapiUrl, assetsUrl }: PageSubject): string {
  const assets = assetNames(kind)
  const tags = assets.map((name) =>
    name.endsWith('.css')
      ? `<link rel="stylesheet" href="${escapeHtml(`${assetsUrl}/${name}`)}">`
      : `<script nonce="${nonceMark}" src="${escapeHtml(`${assetsUrl}/${name}`)}"></script>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta property="csp-nonce" nonce="${nonceMark}" content="${nonceMark}">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style nonce="${nonceMark}">body { margin: 0 }</style>
</head>
<body>
<div id="page"></div>
${tags.join('\n')}
<script nonce="${nonceMark}">${starts[kind](literal(openapiUrl))}</script>
</body>
</html>
`
}

/** How each page is started. */
const starts: Readonly<Record<PageKind, (url: string) => string>> = {
  swagger: (url) =>
    `SwaggerUIBundle({ url: ${url}, dom_id: '#page', deepLinking: true, persistAuthorization: true, validatorUrl: null })`,
  redoc: (url) => `Redoc.init(${url}, {}, document.getElementById('page'))`,
  scalar: (url) =>
    `Scalar.createApiReference('#page', { url: ${url}, telemetry: false, withDefaultFonts: false, agent: { disabled: true }, mcp: { disabled: true } })`,
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** Text as it may stand in a script: no end of the element, no line that ends early. */
function literal(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}
