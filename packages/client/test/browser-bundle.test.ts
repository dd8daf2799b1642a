import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'

const packages = new URL('../../', import.meta.url)
const statics = /^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm

const browserFiles = new Map([
  ['#machine-id', 'client/src/machine-id-browser.ts'],
  ['#error-rows', 'core/src/error-table-browser.ts'],
])

/** The file that a browser loads for `specifier`, or the specifier itself where it is not ours. */
function resolve(specifier: string, from: URL): URL | string {
  if (specifier.startsWith('.')) return new URL(specifier, from)
  const forBrowsers = browserFiles.get(specifier)
  if (forBrowsers !== undefined) return new URL(forBrowsers, packages)
  const ours = /^@posthouse\/(\w+)(\/.+)?$/.exec(specifier)
  if (ours === null) return specifier
  const [, room, subpath = ''] = ours
  const { exports } = JSON.parse(readFileSync(new URL(`${room}/package.json`, packages), 'utf8'))
  return new URL(`${room}/${exports[`.${subpath}`]['@posthouse/source']}`, packages)
}

/** Everything that is loaded together with `start`: what dynamic imports load later is left out. */
function loadedWith(start: URL): { readonly files: ReadonlySet<string>; readonly foreign: ReadonlySet<string> } {
  const files = new Set<string>()
  const foreign = new Set<string>()
  const visit = (file: URL): void => {
    if (files.has(file.href)) return
    files.add(file.href)
    for (const [statement, named, bare] of readFileSync(file, 'utf8').matchAll(statics)) {
      if (/^(?:import|export) type\b/.test(statement)) continue
      const found = resolve(named ?? bare ?? '', file)
      if (typeof found === 'string') foreign.add(found)
      else visit(found)
    }
  }
  visit(start)
  return { files, foreign }
}

suite('a browser bundle of the client of calls', () => {
  const { files, foreign } = loadedWith(new URL('client/src/calls.ts', packages))

  test('loads socket.io-client when it is used only, and nothing of Node', () => {
    assert.deepEqual([...foreign], [])
    for (const file of files) {
      if (!file.includes('/packages/client/')) continue
      assert.doesNotMatch(readFileSync(new URL(file), 'utf8'), /\b(?:process\.|Buffer\.|require\()|'node:/, file)
    }
  })

  test('shares no file of its own with the client of the hub', () => {
    const hubClient = loadedWith(new URL('client/src/index.ts', packages)).files
    assert.deepEqual(
      [...hubClient].filter((file) => file.includes('/src/caller/')),
      [],
    )
  })
})

suite('a browser bundle of the JSON dialect', () => {
  const { files, foreign } = loadedWith(new URL('client/src/index.ts', packages))

  test('imports nothing that browsers do not have', () => {
    assert.deepEqual([...foreign], [])
  })

  test('has no code of the other dialects', () => {
    const names = [...files].map((file) => file.slice(file.lastIndexOf('/') + 1))
    assert.ok(names.includes('v1-dialog.ts') && names.includes('machine-id-browser.ts'))
    assert.deepEqual(
      names.filter((name) => /msgpack|cross-comm|node/.test(name)),
      [],
    )
  })

  test('uses nothing of Node by its global name', () => {
    for (const file of files) {
      if (!file.includes('/packages/client/')) continue
      assert.doesNotMatch(readFileSync(new URL(file), 'utf8'), /\b(?:process\.|Buffer\.|require\()/, file)
    }
  })
})
