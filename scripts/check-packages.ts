import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../', import.meta.url))

interface Tarball {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** Packs every package into `folder`. */
async function packAll(folder: string): Promise<readonly Tarball[]> {
  const args = ['pack', '--workspaces', '--json', `--pack-destination=${folder}`]
  const { stdout } = await run('npm', args, { cwd: root, maxBuffer: 64 << 20 })
  return Object.values(JSON.parse(stdout) as Record<string, Tarball>)
}

/** Resolves to what is wrong with a package's tarball. */
async function complaints(manifestFile: string, tarballs: readonly Tarball[], folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8')) as { name: string; exports: object }
  const { name } = manifest
  const packed = tarballs.find((each) => each.name === name)
  if (packed === undefined) return [`${name}: npm pack made no tarball`]
  const { filename, files } = packed
  const tarball = join(folder, filename)
  const found = [...content(files), ...(await verdict('publint', ['run', tarball, '--strict']))]
  // attw has nothing to say about a package that only brings a command.
  if (Object.keys(manifest.exports).some((subpath) => subpath !== './package.json')) {
    found.push(...(await verdict('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])))
  }
  console.log(`${found.length === 0 ? 'ok' : 'not ok'} ${name}: ${files.length} files`)
  return found.map((complaint) => `${name}: ${complaint}`)
}

function content(files: Tarball['files']): string[] {
  const paths = files.map(({ path }) => path)
  // With source inside, the command would try to run TypeScript below node_modules, which Node refuses.
  const stray = paths.filter((path) => /^(src|test)\/|\.tsbuildinfo$/.test(path)).map((path) => `packs ${path}`)
  return paths.some((path) => path.startsWith('dist/')) ? stray : [...stray, 'packs no dist: run npm run build']
}

async function verdict(tool: string, args: readonly string[]): Promise<string[]> {
  return run(join(root, 'node_modules/.bin', tool), args).then(
    () => [],
    (error: { stdout: string; stderr: string }) => [`${tool}\n${error.stdout}${error.stderr}`],
  )
}

const folder = await mkdtemp(join(tmpdir(), 'posthouse-pack-'))
try {
  const tarballs = await packAll(folder)
  const manifests = globSync('packages/*/package.json', { cwd: root }).values()
  const judge = async (): Promise<void> => {
    // Each judge takes the next one of the same list.
    for (const manifest of manifests) {
      for (const complaint of await complaints(join(root, manifest), tarballs, folder)) {
        console.error(complaint)
        process.exitCode = 1
      }
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, judge))
} finally {
  await rm(folder, { recursive: true, force: true })
}
