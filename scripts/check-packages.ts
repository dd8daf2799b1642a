import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../', import.meta.url))

interface Tarball {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** Packs one package into `folder` and resolves to what is wrong with the tarball. */
async function complaints(packageFolder: string, folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { exports: object }
  const { stdout } = await run('npm', ['pack', '--json', `--pack-destination=${folder}`], { cwd: packageFolder })
  const packed = Object.values(JSON.parse(stdout) as Record<string, Tarball>)[0]
  if (packed === undefined) return [`${packageFolder}: npm pack made no tarball`]
  const { name, filename, files } = packed
  const tarball = join(folder, filename)
  const found = [...content(files), ...(await verdict('publint', ['run', tarball, '--strict']))]
  // attw has nothing to say about a package that only brings a command.
  if (Object.keys(manifest.exports).some((subpath) => subpath !== './package.json')) {
    found.push(...(await verdict('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color'])))
  }
  console.log(`${found.length === 0 ? 'ok' : 'not ok'} ${name}: ${files.length} files`)
  return found.map((complaint) => `${name}: ${complaint}`)
}

async function checkAll(manifests: Iterable<string>, folder: string): Promise<void> {
  for (const manifest of manifests) {
    for (const complaint of await complaints(join(root, dirname(manifest)), folder)) {
      console.error(complaint)
      process.exitCode = 1
    }
  }
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
  const manifests = globSync('packages/*/package.json', { cwd: root }).values()
  // Each takes the next one from the same list.
  await Promise.all(Array.from({ length: availableParallelism() }, () => checkAll(manifests, folder)))
} finally {
  await rm(folder, { recursive: true, force: true })
}
