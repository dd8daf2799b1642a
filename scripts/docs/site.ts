import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { highlight } from './highlight.ts'
import { escapeHtml } from './html.ts'
import { type NavigationGroup, type PageParts, renderPage } from './layout.ts'
import { type Document, readMarkdown } from './markdown.ts'
import { outputOf, relativeUrl, targetOf } from './paths.ts'

export interface Site {
  /** The content of each file by its path in the site. */
  readonly files: ReadonlyMap<string, string | Uint8Array>
  /** Links and pictures that lead nowhere: the page, and what stands there. */
  readonly broken: readonly string[]
}

interface Draft {
  readonly pages: ReadonlyMap<string, Document>
  readonly files: Map<string, string | Uint8Array>
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const pagePatterns = ['*.md', '{docs,adr,spec,bench,examples}/**/*.md', 'packages/*/README.md']
const assetNames = /\.(css|js|png|svg)$/
/** The page whose links, by its headings, are the navigation of all others. */
const contents = 'docs/README.md'
const languages: Readonly<Record<string, string>> = { '.ts': 'typescript', '.js': 'javascript', '.py': 'python' }

/**
 * All Markdown of the repository as pages, at the places that they have here, and with them each file and folder that one of
 * them links to.
 */
export function renderSite(): Site {
  const paths = globSync(pagePatterns, { cwd: root }).filter((path) => !/(^|\/)(\.|node_modules\/)/.test(path))
  const pages = new Map(paths.sort().map((path) => [path, readMarkdown(readFileSync(join(root, path), 'utf8'))]))
  const draft: Draft = { pages, files: new Map() }
  const broken: string[] = []
  for (const [path, document] of pages) {
    const body = document.render((href) => {
      const url = follow(draft, path, href)
      if (url === undefined) broken.push(`${path}: ${href}`)
      return url ?? ''
    })
    put(draft, path, {
      title: document.title,
      body,
      headings: document.sections.filter(({ depth }) => depth === 2 || depth === 3),
    })
  }
  for (const name of ['style.css', 'search.js', 'icon.svg']) {
    draft.files.set(name, readFileSync(new URL(`assets/${name}`, import.meta.url)))
  }
  draft.files.set('search-index.js', `searchIndex(${JSON.stringify([...pages].flatMap(searchRows))})\n`)
  return { files: draft.files, broken }
}

/** The address of what a page links to, from that page; undefined where there is no such thing. */
function follow(draft: Draft, page: string, href: string): string | undefined {
  const target = targetOf(page, href)
  if (target === undefined) return href
  const readme = posix.join(target.path, 'README.md')
  const path = draft.pages.has(readme) ? readme : target.path
  const sections = draft.pages.get(path)?.sections ?? []
  if (target.anchor !== '' && !sections.some(({ id }) => id === target.anchor)) return undefined
  const output = bring(draft, path)
  const anchor = target.anchor && `#${target.anchor}`
  return output && (path === page && anchor ? anchor : relativeUrl(outputOf(page, 'file'), output) + anchor)
}

/** Sees to it that a page, file or folder is in the site, and tells where; undefined where it does not exist. */
function bring(draft: Draft, path: string): string | undefined {
  const place = join(root, path)
  if (draft.pages.has(path)) return outputOf(path, 'file')
  if (path.startsWith('..') || !existsSync(place)) return undefined
  const isFolder = statSync(place).isDirectory()
  const kind = isFolder ? 'folder' : assetNames.test(path) && path.startsWith('docs/') ? 'asset' : 'file'
  const output = outputOf(path, kind)
  if (draft.files.has(output)) return output
  draft.files.set(output, '')
  if (kind === 'asset') draft.files.set(output, readFileSync(place))
  else
    put(draft, path, { title: path, body: isFolder ? listing(draft, path) : source(place, path), headings: [] }, output)
  return output
}

function listing(draft: Draft, path: string): string {
  const names = readdirSync(join(root, path)).filter((name) => !/^\.|^(node_modules|dist)$/.test(name))
  const entries = names.sort().map((name) => {
    const output = bring(draft, posix.join(path, name)) ?? ''
    return `<li><a href="${relativeUrl(outputOf(path, 'folder'), output)}">${escapeHtml(name)}</a></li>`
  })
  return `<h1>${escapeHtml(path)}</h1><ul>${entries.join('')}</ul>`
}

function source(place: string, path: string): string {
  const code = highlight(readFileSync(place, 'utf8'), languages[extname(path)] ?? extname(path).slice(1))
  return `<h1>${escapeHtml(path)}</h1><pre><code>${code}</code></pre>`
}

function put(
  draft: Draft,
  path: string,
  parts: Pick<PageParts, 'title' | 'body' | 'headings'>,
  output = outputOf(path, 'file'),
): void {
  const chinese = /zh/.test(path)
  const home = (page: string): string => relativeUrl(output, outputOf(page, 'file'))
  const html = renderPage({
    ...parts,
    language: chinese ? 'zh-CN' : 'en',
    navigation: navigation(draft, path, output),
    root: relativeUrl(output, '.')
      .replace(/^\.?$/, '')
      .replace(/(?<=.)$/, '/'),
    translation: chinese
      ? { label: 'English', href: home('docs/README.md') }
      : { label: '中文', href: home('docs/zh/README.md') },
  })
  draft.files.set(output, html)
}

function navigation({ pages }: Draft, path: string, output: string): NavigationGroup[] {
  const { title = '', links = [] } = pages.get(contents) ?? {}
  const groups = Map.groupBy(
    links.filter(({ under }) => under !== title),
    ({ under }) => under,
  )
  return Array.from(groups, ([title, links]) => ({
    title,
    entries: links.map(({ href, text }) => {
      const target = targetOf(contents, href)?.path ?? ''
      return { label: text, href: relativeUrl(output, outputOf(target, 'file')), current: target === path }
    }),
  }))
}

/** A row for each heading: where it is, what it says, and what stands below it. */
function searchRows([path, { title, sections }]: [string, Document]): string[][] {
  return sections.map(({ id, text, depth, words }) => [
    `${outputOf(path, 'file')}${depth === 1 ? '' : `#${id}`}`,
    depth === 1 ? title : `${title}: ${text}`,
    words.replaceAll(/\s+/g, ' ').trim(),
  ])
}
