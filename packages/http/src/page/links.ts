/** One link of a header `link` (RFC 8288). */
export interface Link {
  /** As the header has it; it may be relative. */
  readonly target: string
  /** Its relation types, in lower case. */
  readonly rel: readonly string[]
}

const linkForm = /<([^>]*)>((?:\s*;\s*[^\s=;,"]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)/g
const paramForm = /;\s*([^\s=;,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))/g

/** Reads a header `link`. What makes no sense is left out. */
export function parseLinks(header: string): Link[] {
  return [...header.matchAll(linkForm)].map(([, target = '', params = '']) => {
    const rel = [...params.matchAll(paramForm)].find(([, name]) => name?.toLowerCase() === 'rel')
    const words = (rel?.[2] ?? rel?.[3] ?? '').toLowerCase().split(/\s+/)
    return { target, rel: words.filter((word) => word !== '') }
  })
}
