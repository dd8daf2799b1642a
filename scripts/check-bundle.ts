import { gzipSync } from 'node:zlib'
import { bundleCore } from './bundle-client.ts'

/** What the client may weigh in a page, minified and compressed, in bytes: 12 KB. */
const limit = 12_288
/** How many files are named. */
const listed = 12

const { code, sources } = await bundleCore()
const bytes = gzipSync(code, { level: 9 }).length
const heaviest = Object.entries(sources.inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)

console.log(`client bundle: ${bytes} bytes compressed, ${code.length} minified; the limit is ${limit}`)
for (const [path, { bytesInOutput }] of heaviest.slice(0, listed)) {
  console.log(`${String(bytesInOutput).padStart(6)} ${path}`)
}
if (bytes > limit) {
  console.error(`the client bundle is ${bytes - limit} bytes too large`)
  process.exitCode = 1
}
