import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** How long the compiler takes for an app of so many endpoints, in ms, without reading the files. */
export async function typeCheckMs(endpoints: number): Promise<number> {
  // Beside this file, so that packages are found.
  const folder = await mkdtemp(join(root, 'bench/web/.big-'))
  try {
    const routes = Array.from({ length: endpoints }, (_, n) => routeOf(n)).join('\n')
    const head = `import { createApp, createClient } from '@posthouse/web'\nimport { z } from 'zod'\nconst app = createApp()\n`
    const names = Array.from({ length: endpoints }, (_, n) => `e${n}`).join(', ')
    const tail = `export const client = createClient({ ${names} }, { baseUrl: '' })\n`
    await writeFile(join(folder, 'app.ts'), `${head}${routes}\n${tail}`)
    const config = {
      extends: '../../../tsconfig.json',
      compilerOptions: { noEmit: true },
      files: ['./app.ts'],
      include: [],
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--extendedDiagnostics'])
    const [, seconds = 'NaN'] = /^Check time:\s+([\d.]+)s/m.exec(stdout) ?? []
    return Number(seconds) * 1000
  } finally {
    await rm(folder, { recursive: true })
  }
}

function routeOf(n: number): string {
  return `const e${n} = app.post('/t${n}/{id}', {
  params: z.object({ id: z.number() }), query: z.object({ page: z.number().default(1) }),
  body: z.object({ name: z.string(), n${n}: z.number() }), response: z.object({ id: z.number(), name: z.string() }),
}, ({ params, body }) => ({ id: params.id + body.n${n}, name: body.name }))`
}
