import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../', import.meta.url))

test('a node goes into servers that exist already', async () => {
  const args = ['--conditions=@posthouse/source', 'examples/71-embedding.ts']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 60_000 })
  assert.deepEqual(stdout.trim().split('\n'), ['mine {"status":"ok"} hello, you', 'mine {"status":"ok"} hello, you'])
})
