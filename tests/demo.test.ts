import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

test('the demo carries every type between the three dialects', async () => {
  const demo = fileURLToPath(new URL('../examples/01-three-dialects.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@posthouse/source', demo])
  assert.match(stdout, /50 of 50 messages arrived\./)
  for (const type of ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder', 'audio', 'video']) {
    assert.match(stdout, new RegExp(`^\\w+ +\\w+ +${type} `, 'm'), `${type} is in the table`)
  }
})
