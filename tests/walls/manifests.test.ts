import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const rooms = readTable(read('ARCHITECTURE.md'))
const folders = globSync('packages/*/package.json', { cwd: fileURLToPath(root) }).map((path) => basename(dirname(path)))
const manifests = new Map(
  folders.map((folder) => [folder, JSON.parse(read(`packages/${folder}/package.json`)) as Manifest]),
)

describe('the table in ARCHITECTURE.md', () => {
  it('names every package and no other', () => {
    assert.deepEqual([...rooms.keys()].sort(), [...manifests.keys()].sort())
  })

  for (const [room, allowed] of rooms) {
    it(`agrees with the manifest of ${room}`, () => {
      const { dependencies, optionalDependencies, peerDependencies } = manifestOf(room)
      const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
      assert.deepEqual(declared.sort(), [...allowed.siblings, ...allowed.thirdParty].sort())
    })

    it(`agrees with the project references of ${room}`, () => {
      const references = tsconfigOf(room).references ?? []
      assert.deepEqual(references.map(({ path }) => packageName(basename(path))).sort(), [...allowed.siblings].sort())
    })
  }

  it('agrees with the imports that the linter allows', () => {
    for (const [room, names] of lintedImports()) {
      const allowed = rooms.get(room)
      assert.deepEqual(names.sort(), [...(allowed?.siblings ?? []), ...(allowed?.thirdParty ?? [])].sort(), room)
    }
  })

  it('is guarded by the linter in every room but the composition root', () => {
    assert.deepEqual([...lintedImports().keys(), 'posthouse'].sort(), [...rooms.keys()].sort())
  })
})

describe('the paths by which the linter finds types', () => {
  const sources = [...manifests].flatMap(([folder, { name, exports }]) =>
    Object.entries(exports).flatMap(([subpath, target]) =>
      typeof target === 'string'
        ? []
        : [{ name: name + subpath.slice(1), file: `${folder}/${target['@posthouse/source'].slice(2)}` }],
    ),
  )

  it('are the exports, for tests and examples', () => {
    const { paths } = (JSON.parse(read('tsconfig.json')) as Tsconfig).compilerOptions
    assert.deepEqual(paths, Object.fromEntries(sources.map(({ name, file }) => [name, [`./packages/${file}`]])))
  })

  for (const room of rooms.keys()) {
    it(`are the exports, for ${room}`, () => {
      const { paths } = tsconfigOf(room).compilerOptions
      assert.deepEqual(paths, Object.fromEntries(sources.map(({ name, file }) => [name, [`../${file}`]])))
    })
  }
})

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly '@posthouse/source': string }>>
  readonly dependencies?: object
  readonly optionalDependencies?: object
  readonly peerDependencies?: object
}

interface Tsconfig {
  readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> }
  readonly references?: readonly { readonly path: string }[]
}

interface BiomeConfig {
  readonly overrides: readonly {
    readonly includes: readonly string[]
    readonly linter: { readonly rules: { readonly style?: { readonly noRestrictedImports?: RestrictedImports } } }
  }[]
}

interface RestrictedImports {
  readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] }
}

interface Room {
  readonly siblings: readonly string[]
  readonly thirdParty: readonly string[]
}

/** The rows below the heading `| room | may import | third-party at run time | … |`. */
function readTable(markdown: string): Map<string, Room> {
  const lines = markdown.split('\n')
  const start = lines.findIndex((line) => /^\| room \| may import \| third-party at run time \|/.test(line))
  assert.notEqual(start, -1, 'ARCHITECTURE.md has no table of rooms')
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'))
  return new Map(
    lines.slice(start + 2, start + length).map((line) => {
      const [, room = '', siblings = '', thirdParty = ''] = line.split('|').map((cell) => cell.trim())
      const packages = [...thirdParty.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
      return [room, { siblings: siblings === '–' ? [] : siblings.split(', ').map(packageName), thirdParty: packages }]
    }),
  )
}

/** The packages that each room's override in biome.json lets through. */
function lintedImports(): Map<string, string[]> {
  const { overrides } = JSON.parse(read('biome.json')) as BiomeConfig
  return new Map(
    overrides.flatMap(({ includes, linter }) => {
      const group = linter.rules.style?.noRestrictedImports?.options.patterns[0]?.group
      const room = includes[0]?.split('/')[1]
      if (group === undefined || room === undefined) return []
      return [
        [room, group.filter((name) => /^!(@[\w-]+\/)?[\w-][\w.-]*$/.test(name)).map((name) => name.slice(1))] as const,
      ]
    }),
  )
}

function manifestOf(room: string): Manifest {
  return manifests.get(room) ?? assert.fail(`packages/${room} does not exist`)
}

function tsconfigOf(room: string): Tsconfig {
  return JSON.parse(read(`packages/${room}/tsconfig.json`)) as Tsconfig
}

function packageName(room: string): string {
  return room === 'posthouse' ? room : `@posthouse/${room}`
}
