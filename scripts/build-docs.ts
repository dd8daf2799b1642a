import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderSite } from './docs/site.ts'

const folder = fileURLToPath(new URL('../site/', import.meta.url))
const { files, broken } = renderSite()
rmSync(folder, { recursive: true, force: true })
for (const [path, content] of files) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}
console.log(`${files.size} files; open ${join(folder, 'index.html')}`)
for (const link of broken) console.error(`leads nowhere: ${link}`)
if (broken.length > 0) process.exitCode = 1
