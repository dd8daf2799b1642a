import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { createLogger } from '@posthouse/log'
import { type Folder, temporaryFolder } from './folder.ts'

const program = fileURLToPath(new URL('./logging-process.ts', import.meta.url))
const lines = Number(process.env.POSTHOUSE_LINES ?? 20_000)

function allLines(folder: Folder): string[] {
  return folder.names().flatMap((name) => {
    const bytes = readFileSync(folder.file(name))
    const text = String(name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    assert.ok(text.endsWith('\n'), name)
    return text.split('\n').slice(0, -1)
  })
}

function assertEveryLineOnce(found: readonly string[], writers: readonly string[], each: number): void {
  const seen = new Map(writers.map((name) => [name, new Set<number>()]))
  for (const line of found) {
    const [, name = '', number] = /^(\w+) (\d+) x{40}$/.exec(line) ?? assert.fail(`mixed: ${line}`)
    const numbers = seen.get(name) ?? assert.fail(line)
    assert.ok(!numbers.has(Number(number)), `twice: ${line}`)
    numbers.add(Number(number))
  }
  for (const [name, numbers] of seen) assert.equal(numbers.size, each, name)
}

test('three processes on one path lose no line, mix none, and rotate one at a time', async () => {
  using folder = temporaryFolder()
  const writers = ['anna', 'bert', 'carl']
  const children = writers.map((name) => {
    const args = [
      '--conditions=@posthouse/source',
      program,
      'shared',
      folder.file('app.log'),
      name,
      `${lines}`,
      '50 KB',
    ]
    return spawn(process.execPath, args, { stdio: 'inherit' })
  })
  const ends = await Promise.all(children.map((child) => once(child, 'close')))
  assert.deepEqual(ends, Array(3).fill([0, null]))
  const found = allLines(folder)
  assertEveryLineOnce(found, writers, lines)
  const wanted = Math.ceil((lines * 3 * 51) / 50_000)
  const files = folder.names().length
  assert.ok(files > wanted / 2 && files < wanted * 2, `${files} files for ${wanted}`)
})

test('two loggers of one process share a file as two processes do', async () => {
  using folder = temporaryFolder()
  const loggers = ['one', 'two'].map((name) => {
    const logger = createLogger({ sinks: [] })
    logger.add(folder.file('app.log'), { format: '{message}', rotation: '5 KB', compression: 'gz' })
    return { name, logger }
  })
  for (let each = 0; each < 2000; each++) {
    for (const { name, logger } of loggers) logger.info(`${name} ${each} ${'x'.repeat(40)}`)
  }
  for (const { logger } of loggers) await logger[Symbol.asyncDispose]()
  assertEveryLineOnce(allLines(folder), ['one', 'two'], 2000)
})

test('a file that another program moves away or removes is followed', async () => {
  using folder = temporaryFolder()
  await using logger = createLogger({ sinks: [] })
  logger.add(folder.file('app.log'), { format: '{message}' })
  logger.info('one')
  renameSync(folder.file('app.log'), folder.file('moved.log'))
  logger.reopen()
  logger.info('two')
  rmSync(folder.file('app.log'))
  // It looks by itself, before long.
  for (let turn = 0; turn < 1_000_000 && folder.names().length < 2; turn++) {
    logger.info('three')
    await setImmediate()
  }
  assert.deepEqual([folder.lines('moved.log'), folder.lines('app.log')], [['one'], ['three']])
})
