import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** The store loads it in a thread of its own, from beside itself. */
const worker = fileURLToPath(new URL('sqlite/checkpoint-worker.ts', import.meta.resolve('@posthouse/store/sqlite')))
/** What libraries that are not modules ask for. */
const banner = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)`

let folder: string | undefined

/**
 * The folder of the programs beside this file, each in one file with all that it loads, until this process ends. A hub
 * consists of four hundred files: where hundreds of hubs begin one after the other, to find and read those is most of
 * what they do.
 */
export function bundledPrograms(): string {
  folder ??= bundle(mkdtempSync(join(tmpdir(), 'posthouse-crash-programs-')))
  return folder
}

function bundle(outdir: string): string {
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }))
  writeFileSync(join(outdir, 'package.json'), '{"type":"module"}')
  const here = (name: string): string => fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const programs = ['hub-process', 'receiver-process']
  buildSync({
    entryPoints: { ...Object.fromEntries(programs.map((name) => [name, here(name)])), 'checkpoint-worker': worker },
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@posthouse/source'],
    banner: { js: banner },
    logLevel: 'error',
  })
  return outdir
}
