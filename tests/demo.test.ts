import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const runDemo = async (name: string): Promise<string> => {
  const demo = fileURLToPath(new URL(`../examples/${name}`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@posthouse/source', demo])
  return stdout
}

test('the demo carries every type between the three dialects', async () => {
  const stdout = await runDemo('01-three-dialects.ts')
  assert.match(stdout, /50 of 50 messages arrived\./)
  for (const type of ['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder', 'audio', 'video']) {
    assert.match(stdout, new RegExp(`^\\w+ +\\w+ +${type} `, 'm'), `${type} is in the table`)
  }
})

test('the demo of calls gets answers, parts and reasons', async () => {
  const stdout = await runDemo('02-calls.ts')
  assert.match(stdout, /readings: 24 23\.5 23 22\.5 22/)
  for (const code of ['invalid_body', 'no_handler', 'unknown_recipient', 'timeout'])
    assert.match(stdout, new RegExp(code))
  assert.match(stdout, /phone has stopped listening/)
})

test('the demo of work does what failed again', async () => {
  const stdout = await runDemo('04-work.ts')
  assert.match(stdout, /it is burnt.*baked the cheese cake/s)
  assert.match(stdout, /anna has baked \d of 4/)
})

test('what the document of cross_comm shows is one program, files and folders included', async () => {
  const stdout = await runDemo('05-files-and-everything.ts')
  for (const line of [
    'hub: text of sender: Hello Server!',
    'listener: text "Hello!"',
    String.raw`listener: json "{\"type\": \"notification\", \"data\": \"test\"}"`,
    'listener: dict {"type":"data","value":123,"status":"ok"}',
    'listener: bytes "QmluYXJ5IGRhdGE="',
    'listener: image downloaded: true',
    'listener: document downloaded: what the document says',
    'listener: folder folder downloaded: a note in a folder',
    'listener: later.txt fetched by hand: not urgent',
    'low_priority: true',
  ]) {
    assert.ok(stdout.split('\n').includes(line), `${line}\nis not in\n${stdout}`)
  }
})
