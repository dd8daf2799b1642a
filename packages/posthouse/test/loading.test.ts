import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { Cli } from './cli.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The files that a command has loaded. */
async function loadedBy(...args: string[]): Promise<readonly string[]> {
  const hooks = new URL('./loaded-files.ts', import.meta.url)
  const { status, err } = await Cli.run(args, { bare: true, env: { NODE_OPTIONS: `--import=${hooks}` } })
  assert.equal(status, 0, err)
  return err.split('\n').flatMap((line) => (line.startsWith('loads file:') ? [line.slice('loads '.length)] : []))
}

test('help is printed without the hub, the client, and libraries other than the parser of words', async () => {
  const loaded = await loadedBy('--help')
  assert.ok(loaded.some((url) => url.includes('/packages/posthouse/src/commands/up.ts')))
  const others = loaded.filter(
    (url) => !/\/packages\/(posthouse|core)\/src\/|\/commander\/|\/posthouse\/bin\//.test(url),
  )
  assert.deepEqual(others, [])
})

test('what was compiled is kept for the next start', async () => {
  await using folder = await temporaryFolder()
  const env = { XDG_CACHE_HOME: folder.path('.'), NODE_COMPILE_CACHE: '' }
  assert.equal((await Cli.run(['--version'], { bare: true, env })).status, 0)
  assert.notDeepEqual(await readdir(folder.path('posthouse')), [])
})
