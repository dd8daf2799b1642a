/** Writes the TypeScript of the guides into files, where the compiler finds it. Their lines have the numbers of the page. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeBlocks } from './docs/code-blocks.ts'

const folder = fileURLToPath(new URL('../docs/.code/', import.meta.url))
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const { page, line, code, given = '' } of codeBlocks([
  'docs/**/*.md',
  'packages/{client,files,http,hub,posthouse,rpc,store}/README.md',
])) {
  const declarations = given.trim().split('\n')
  const lead = '\n'.repeat(Math.max(0, line - 1 - declarations.length))
  const name = `${page.replaceAll('/', '-').replace(/\.md$/, '')}.${line}.ts`
  writeFileSync(join(folder, name), `${lead}${declarations.join('\n')}\n${code}export {}\n`)
}
