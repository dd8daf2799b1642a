import { posix } from 'node:path'

/** What a link of a page points at: a file or folder, as a path from the root of the repository, and a place within it. */
export interface Target {
  readonly path: string
  readonly anchor: string
}

/** Undefined for links that leave the repository. */
export function targetOf(page: string, href: string): Target | undefined {
  if (/^[a-z][a-z+.-]*:|^\/\//i.test(href)) return undefined
  const [path = '', anchor = ''] = href.split('#', 2)
  return { path: path === '' ? page : posix.join(posix.dirname(page), decodeURI(path)).replace(/\/$/, ''), anchor }
}

/** Where a page, a file or a folder of the repository is in the site. */
export function outputOf(path: string, kind: 'asset' | 'file' | 'folder'): string {
  if (kind === 'asset') return path
  if (kind === 'folder') return posix.join(path, 'index.html')
  if (posix.basename(path) === 'README.md') return posix.join(posix.dirname(path), 'index.html')
  return path.endsWith('.md') ? path.replace(/md$/, 'html') : `${path}.html`
}

/** How the output `from` names the output `to`: the site works from any folder, and from a disk. */
export function relativeUrl(from: string, to: string): string {
  return encodeURI(posix.relative(posix.dirname(from), to))
}
