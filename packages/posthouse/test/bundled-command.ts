import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const kept = join(root, 'node_modules/.cache/posthouse-command')
/** What few commands load, or what finds its own files by where it lies. */
const apart = [
  '@aws-sdk/*',
  '@fastify/*',
  '@scalar/*',
  'glob',
  'redoc',
  'sharp',
  'socket.io*',
  'tough-cookie',
  'undici',
]
/** What libraries that are not modules ask for. */
const banner = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)`

let made: string | undefined

/**
 * The command in few files, made from the sources as they are now and kept for the next test file: it consists of six hundred
 * of them, and where it is started a hundred times, to find and read those is most of what is done.
 */
export function bundledCommand(): string {
  made ??= join(bundle(join(kept, stamp())), 'dist/posthouse.js')
  return made
}

/** Changes with every source. */
function stamp(): string {
  const hash = createHash('sha256')
  for (const name of globSync(['packages/*/src/**/*.ts', 'package-lock.json', 'packages/posthouse/test/*-command.ts'], {
    cwd: root,
  }).sort()) {
    const { size, mtimeMs } = statSync(join(root, name))
    hash.update(`${name} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function bundle(folder: string): string {
  if (existsSync(folder)) return folder
  mkdirSync(kept, { recursive: true })
  const building = mkdtempSync(join(kept, 'building-'))
  buildSync({
    entryPoints: {
      posthouse: join(root, 'packages/posthouse/src/main.ts'),
      // The store loads it in a thread of its own, from beside itself.
      'checkpoint-worker': join(root, 'packages/store/src/sqlite/checkpoint-worker.ts'),
    },
    outdir: join(building, 'dist'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@posthouse/source'],
    external: apart,
    banner: { js: banner },
    logLevel: 'error',
  })
  // Where it looks for its version.
  copyFileSync(join(root, 'packages/posthouse/package.json'), join(building, 'package.json'))
  try {
    renameSync(building, folder)
  } catch {
    // Another test file was quicker.
    rmSync(building, { recursive: true })
  }
  sweep()
  return folder
}

/** The newest few stay: those of a run that goes on while a source is changed. */
function sweep(): void {
  const age = (name: string): number => statSync(join(kept, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const names = readdirSync(kept).sort((a, b) => age(b) - age(a))
  for (const name of names.slice(4)) rmSync(join(kept, name), { recursive: true, force: true })
}
