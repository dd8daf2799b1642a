import { writeFileSync } from 'node:fs'
import { renderPages } from './render-pages.ts'

const root = new URL('../../', import.meta.url)

/** Draws `docs/performance` anew. */
export function writePages(): void {
  for (const [path, content] of renderPages()) writeFileSync(new URL(path, root), content)
}
