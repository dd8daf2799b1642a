import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/**
 * Does what a stranger does: installs the tarballs of all packages into an empty project, and tries what is there. It needs
 * `npm run build` before, and the registry: nothing here is locked, so that it finds what others would get today.
 *
 * `npm run try-packages`, or with other Nodes than the usual ones `npm run try-packages -- 24 26 27`.
 */
const usualNodes = ['24', '26']
/** What a project of today has besides. */
const others = ['typescript', 'vite', 'zod', '@types/node@24']
/** Hangs are cut off, in milliseconds. */
const patience = 300_000

const run = promisify(execFile)
const root = fileURLToPath(new URL('../', import.meta.url))
const programs = fileURLToPath(new URL('try-packages/', import.meta.url))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string | object>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

type Environment = Readonly<Record<string, string | undefined>>

const manifests = globSync('packages/*/package.json', { cwd: root })
  .sort()
  .map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest)

/** What npm has told this script about our own project is not for the other one. */
function environment(nodeFolder?: string): Environment {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name))
  const path = [...(nodeFolder === undefined ? [] : [nodeFolder]), process.env.PATH ?? ''].join(delimiter)
  return { ...Object.fromEntries(own), PATH: path, NO_COLOR: '1' }
}

/** Runs a program in the project, and says what it printed where it fails. */
async function command(cwd: string, env: Environment, [file = '', ...args]: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(file, args, { cwd, env, timeout: patience, maxBuffer: 64 << 20 })
    return stdout.trim()
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${[file, ...args].join(' ')} failed:\n${stdout}${stderr}`, { cause })
  }
}

async function install(project: string, tarballs: string): Promise<string> {
  mkdirSync(tarballs)
  mkdirSync(project)
  const workspaces = manifests.map(({ name }) => `--workspace=${name}`)
  await command(root, environment(), ['npm', 'pack', `--pack-destination=${tarballs}`, ...workspaces])
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n')
  cpSync(programs, project, { recursive: true })
  const files = (await readdir(tarballs)).map((name) => join(tarballs, name))
  await command(project, environment(), ['npm', 'install', '--no-audit', '--no-fund', ...files, ...others])
  return `${files.length} packages`
}

/** Types as programs with bundlers and without find them; declarations of libraries are held to be right. */
function types(project: string, resolution: readonly string[]): Promise<string> {
  const settings = ['--strict', '--noEmit', '--skipLibCheck', '--target', 'es2024', '--types', 'node']
  return command(project, environment(), ['npx', 'tsc', ...settings, ...resolution, 'typed.ts', 'every-entry.ts'])
}

/** Vite tells of whatever is for Node only and has come into a page. */
async function bundle(project: string): Promise<string> {
  const told = await command(project, environment(), ['npx', 'vite', 'build'])
  if (/externalized for browser|not exported by/.test(told)) throw new Error(`vite has doubts:\n${told}`)
  const made = await readdir(join(project, 'dist', 'assets'))
  const scripts = made.filter((name) => name.endsWith('.js'))
  if (scripts.length === 0) throw new Error(`vite made no script:\n${told}`)
  const content = (name: string): string => readFileSync(join(project, 'dist', 'assets', name), 'latin1')
  const stray = scripts.filter((name) => /["'`]node:/.test(content(name)))
  if (stray.length > 0) throw new Error(`modules of Node are in ${stray.join(', ')}`)
  return `${scripts.length} scripts`
}

/** Every entry of every package; those that need a library which is only wanted where it is installed are told apart. */
function everyEntry(project: string): Promise<string> {
  const optional = new Set(manifests.flatMap(({ peerDependencies = {} }) => Object.keys(peerDependencies)))
  const entries = manifests.flatMap(({ name, exports }) =>
    Object.keys(exports).flatMap((subpath) => (subpath === './package.json' ? [] : [name + subpath.slice(1)])),
  )
  writeFileSync(
    join(project, 'every-entry.ts'),
    entries.map((entry, index) => `export * as e${index} from '${entry}'\n`).join(''),
  )
  writeFileSync(
    join(project, 'every-entry.mjs'),
    `const optional = ${JSON.stringify([...optional])}
let loaded = 0
for (const entry of ${JSON.stringify(entries)}) {
  try {
    if (Object.keys(await import(entry)).length > 0) loaded++
    else throw new Error('it exports nothing')
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !optional.some((name) => error.message.includes(name))) throw error
  }
}
console.log(loaded + ' entries of ${entries.length}')
`,
  )
  return Promise.resolve(`${entries.length} entries`)
}

/** A node of the command, a message through it, and its end in good order. */
async function upAndOver(project: string, env: Environment): Promise<string> {
  const words = ['posthouse', 'up', '--port', '0', '--data', 'data', '--log-level', 'warn']
  const up = spawn('npx', words, { cwd: project, env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(up, 'exit')
  try {
    const url = await addressOf(up.stdout)
    const base = url.replace('ws', 'http')
    const health = await fetch(`${base}/healthz`)
    if (health.status !== 200) throw new Error(`/healthz answered ${health.status}`)
    const said = await command(project, env, ['node', 'exchange.ts', url])
    if (said !== 'alice: hello from a package') throw new Error(`the exchange printed ${JSON.stringify(said)}`)
    const drained = await fetch(`${base}/api/v1/drain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    const [status] = await ended
    if (drained.status !== 202 || status !== 0) throw new Error(`drain: ${drained.status}, exit: ${status}`)
    return 'healthz 200, a message, drained'
  } finally {
    // npx does not pass a signal on to what it runs, so all of its group is meant.
    if (up.exitCode === null && up.pid !== undefined) process.kill(-up.pid, 'SIGKILL')
  }
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  const lines: string[] = []
  for await (const line of createInterface({ input: output })) {
    lines.push(line)
    const url = /listening on (ws:\S+?)\.?(\s|$)/.exec(line)?.[1]
    if (url === undefined) continue
    // What comes later must not stop the command for want of a reader.
    output.resume()
    return url
  }
  throw new Error(`posthouse up ended:\n${lines.join('\n')}`)
}

async function tryOn(version: string, project: string, attempt: Attempt): Promise<void> {
  const asked = ['npm', 'exec', '--yes', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  const path = await command(tmpdir(), environment(), asked)
  const env = environment(dirname(path))
  const node = await command(project, env, ['node', '--version'])
  await attempt(`${node}: npx posthouse --version`, async () => {
    const said = await command(project, env, ['npx', 'posthouse', '--version'])
    const wanted = manifests.find(({ name }) => name === 'posthouse')?.version ?? ''
    if (said !== wanted) throw new Error(`it says ${said} and is ${wanted}`)
    return said
  })
  await attempt(`${node}: every entry loads`, () => command(project, env, ['node', 'every-entry.mjs']))
  await attempt(`${node}: npx posthouse up`, () => upAndOver(project, env))
}

type Attempt = (what: string, task: () => Promise<string>) => Promise<void>

const attempt: Attempt = async (what, task) => {
  const since = performance.now()
  try {
    const said = await task()
    console.log(`ok ${what} (${((performance.now() - since) / 1000).toFixed(1)} s)${said && `: ${said}`}`)
  } catch (error) {
    console.error(`not ok ${what}: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
  }
}

const folder = await mkdtemp(join(tmpdir(), 'posthouse-try-'))
const project = join(folder, 'project')
try {
  await attempt('npm install', () => install(project, join(folder, 'tarballs')))
  await attempt('entries', () => everyEntry(project))
  await attempt('tsc, nodenext', () => types(project, ['--module', 'nodenext']))
  await attempt('tsc, bundler', () => types(project, ['--module', 'esnext', '--moduleResolution', 'bundler']))
  await attempt('vite build', () => bundle(project))
  const versions = process.argv.slice(2)
  for (const version of versions.length > 0 ? versions : usualNodes) await tryOn(version, project, attempt)
} finally {
  await rm(folder, { recursive: true, force: true })
}
