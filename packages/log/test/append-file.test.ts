import assert from 'node:assert/strict'
import { renameSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { AppendFile, graceMs } from '../src/file/append-file.ts'
import { temporaryFolder } from './folder.ts'

function opened(path: string) {
  const clock = new ManualClock()
  const file = new AppendFile({ path, encoding: 'utf8', mode: 0o640, elapsed: () => clock.elapsed() })
  file.open()
  return { file, clock, append: (text: string) => file.append(text, Buffer.byteLength(text)) }
}

test('a writer looks every 50 ms whether the path is another file, and writes into the old one until then', () => {
  using folder = temporaryFolder()
  const { file, clock, append } = opened(folder.file('app.log'))
  append('one\n')
  renameSync(folder.file('app.log'), folder.file('old.log'))
  clock.advance(49)
  assert.equal(file.look(), false)
  append('two\n')
  clock.advance(1)
  assert.equal(file.look(), true)
  append('three\n')
  file.close()
  assert.deepEqual([folder.read('old.log'), folder.read('app.log')], ['one\ntwo\n', 'three\n'])
})

test('a writer that stood still for longer than packing waits gets a line back that went into a removed file', () => {
  using folder = temporaryFolder()
  const { file, clock, append } = opened(folder.file('app.log'))
  rmSync(folder.file('app.log'))
  clock.advance(graceMs)
  assert.equal(append('within the time\n'), undefined)
  clock.advance(1)
  assert.equal(String(append('too late\n')), 'too late\n')
  // It has looked by now.
  assert.equal(append('there\n'), undefined)
  file.close()
  assert.equal(folder.read('app.log'), 'there\n')
})

test('a writer that stood still does not write twice what is in a file that is only renamed', () => {
  using folder = temporaryFolder()
  const { file, clock, append } = opened(folder.file('app.log'))
  renameSync(folder.file('app.log'), folder.file('old.log'))
  clock.advance(10 * graceMs)
  assert.equal(append('one\n'), undefined)
  file.close()
  assert.equal(folder.read('old.log'), 'one\n')
})

test('size and beginning are those of the file that is there', () => {
  using folder = temporaryFolder()
  const { file, append } = opened(folder.file('app.log'))
  append('张三\n')
  assert.equal(file.bytes, 7)
  file.close()
  assert.equal(file.isOpen, false)
  const again = opened(folder.file('app.log')).file
  assert.equal(again.bytes, 7)
  assert.ok(Math.abs(again.began - Date.now()) < 60_000)
  again.close()
})
