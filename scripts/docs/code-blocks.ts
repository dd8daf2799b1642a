import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface CodeBlock {
  /** The page, as a path from the root of the repository. */
  readonly page: string
  /** The number of its first line in the page. */
  readonly line: number
  readonly code: string
  /** What a comment above the block declares, for blocks that are no whole program. */
  readonly given: string | undefined
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const block = /(?:^<!-- given\n(?<given>.*?)^-->\n\n?)?^```ts\n(?<code>.*?)^```$/gms

/**
 * The TypeScript of pages. A block is a whole program, or has a comment above it, `<!-- given … -->`, with the declarations that
 * it needs to be one; a reader does not see those.
 */
export function codeBlocks(patterns: readonly string[]): CodeBlock[] {
  const pages = globSync(patterns, { cwd: root }).sort()
  return pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8')
    return Array.from(text.matchAll(block), ({ index, 0: all, groups = {} }) => {
      const { given, code = '' } = groups
      const before = text.slice(0, index + all.lastIndexOf(code)).split('\n').length
      return { page, line: before, code, given }
    })
  })
}
