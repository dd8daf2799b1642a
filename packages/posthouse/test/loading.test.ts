import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cli } from './cli.ts'

/** The files that a command has loaded. */
async function loadedBy(...args: string[]): Promise<readonly string[]> {
  const hooks = new URL('./loaded-files.ts', import.meta.url)
  const { status, err } = await Cli.run(args, { env: { NODE_OPTIONS: `--import=${hooks}` } })
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
