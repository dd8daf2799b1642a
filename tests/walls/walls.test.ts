import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, glob, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const cases = await readCases()

describe('a wall', () => {
  let workspace: string
  let lintFindings: Map<string, Set<string>>

  before(async () => {
    workspace = await emptyWorkspace()
    for (const { name, room, text } of cases) await writeFile(join(workspace, `packages/${room}/src/${name}.ts`), text)
    lintFindings = await lint(workspace)
  })
  after(() => rm(workspace, { recursive: true, force: true }))

  for (const { name, room, rejectedBy } of cases) {
    const verb = rejectedBy.length > 0 ? 'rejects' : 'lets pass'
    it(`${verb} ${name} in ${room}`, () => {
      const found = lintFindings.get(`packages/${room}/src/${name}.ts`) ?? new Set()
      assert.deepEqual([...found].sort(), rejectedBy)
    })
  }
})

describe('the compiler', () => {
  let workspace: string
  let output: string

  before(async () => {
    workspace = await emptyWorkspace()
    const write = (path: string, text: string) => writeFile(join(workspace, 'packages', path), text)
    await write('client/src/by-path.ts', "export { hub } from '../../hub/src/hub.ts'\n")
    await write('client/src/by-name.ts', "export { thing } from '@posthouse/core'\n")
    await write('core/src/upwards.ts', "export { hub } from '@posthouse/hub'\n")
    output = await run('tsc', ['-b', 'packages/client'], workspace)
  })
  after(() => rm(workspace, { recursive: true, force: true }))

  it('rejects a relative import into the source of a sibling', () => {
    assert.match(output, /packages\/client\/src\/by-path\.ts\(1,\d+\): error TS6059/)
  })

  it('rejects a name that is no reference, even the wrong way round', () => {
    assert.match(output, /packages\/core\/src\/upwards\.ts\(1,\d+\): error TS6059/)
  })

  it('lets pass the name of a reference', () => {
    assert.doesNotMatch(output, /by-name\.ts/)
  })
})

interface WallCase {
  readonly name: string
  /** The package in whose `src` the file is judged. */
  readonly room: string
  /** The exact set of rules that must fire, sorted. */
  readonly rejectedBy: readonly string[]
  readonly text: string
}

async function readCases(): Promise<WallCase[]> {
  const found: WallCase[] = []
  const folder = join(root, 'tests/walls/cases')
  for await (const file of glob('*.ts', { cwd: folder })) {
    const text = await readFile(join(folder, file), 'utf8')
    const header = /^\/\/ room: (?<room>\S+)\n\/\/ rejected by: (?<rules>.+)\n/.exec(text)?.groups
    assert.ok(header?.room && header.rules, `${file} must begin with its room and the rules that reject it`)
    const rejectedBy = header.rules === 'nothing' ? [] : header.rules.split(', ').sort()
    found.push({ name: file.replace(/\.ts$/, ''), room: header.room, rejectedBy, text })
  }
  return found.sort((a, b) => a.name.localeCompare(b.name))
}

/** The real manifests and settings around nearly empty sources, outside the repository so that nothing else sees it. */
async function emptyWorkspace(): Promise<string> {
  const workspace = await mkdtemp(join(tmpdir(), 'posthouse-walls-'))
  const settings = ['biome.json', 'package.json', 'tsconfig.base.json', 'tsconfig.json', 'packages/*/*.json']
  for await (const file of glob(settings, { cwd: root })) await cp(join(root, file), join(workspace, file))
  for await (const manifest of glob('packages/*/package.json', { cwd: workspace })) {
    await mkdir(join(workspace, manifest, '../src'))
  }
  await writeFile(join(workspace, 'packages/hub/src/hub.ts'), 'export const hub = 1\n')
  await writeFile(join(workspace, 'packages/hub/src/index.ts'), "export { hub } from './hub.ts'\n")
  await writeFile(join(workspace, 'packages/protocol/src/index.ts'), 'export const frame = 1\n')
  await writeFile(
    join(workspace, 'packages/core/src/thing.ts'),
    'export const thing = 1\n\nexport async function flush(): Promise<void> {\n  await Promise.resolve()\n}\n',
  )
  await writeFile(join(workspace, 'packages/core/src/index.ts'), "export { flush, thing } from './thing.ts'\n")
  await symlink(join(root, 'node_modules'), join(workspace, 'node_modules'), 'junction')
  return workspace
}

/** The rules that Biome reports for each file, warnings and errors alike. */
async function lint(workspace: string): Promise<Map<string, Set<string>>> {
  const flags = ['--vcs-enabled=false', '--max-diagnostics=none', '--diagnostic-level=warn', '--reporter=json']
  const report = JSON.parse(await run('biome', ['lint', ...flags, 'packages'], workspace)) as LintReport
  const rules = new Map<string, Set<string>>()
  for (const { category, location } of report.diagnostics) {
    const path = location.path.replaceAll('\\', '/')
    rules.set(path, (rules.get(path) ?? new Set()).add(category.replace(/^lint\//, '')))
  }
  return rules
}

interface LintReport {
  readonly diagnostics: readonly { readonly category: string; readonly location: { readonly path: string } }[]
}

/** Runs a tool that is expected to complain, and resolves to what it says. */
function run(tool: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin', tool), args, { cwd, maxBuffer: 64 << 20 }, (_, stdout) => resolve(stdout))
  })
}
