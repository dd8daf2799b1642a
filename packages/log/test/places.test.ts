import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type AppLogger, createLogger } from '@posthouse/log'
import { build } from 'esbuild'
import { temporaryFolder } from './folder.ts'

const program = `
import { createLogger } from '@posthouse/log'
const logger = createLogger({ sinks: [{ sink: process.stdout, format: '{file}:{function}:{line}' }] })
class Shop {
  open(): void {
    logger.info('open')
  }
}
new Shop().open()
`

test('places are found in a program that is bundled with the logger, and in its sources where there is a map', async () => {
  using folder = temporaryFolder()
  writeFileSync(folder.file('shop.ts'), program)
  await build({
    entryPoints: [folder.file('shop.ts')],
    outfile: folder.file('bundle.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: true,
    conditions: ['@posthouse/source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
    nodePaths: [fileURLToPath(new URL('../../../node_modules', import.meta.url))],
    logLevel: 'error',
  })
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [...args, folder.file('bundle.mjs')], { encoding: 'utf8' })
  assert.match(run(), /^bundle\.mjs:open:\d+\n$/)
  assert.equal(run('--enable-source-maps'), 'shop.ts:open:6\n')
})

test('every method says where it was called, and none leaves its traces on Error', () => {
  const lines: string[] = []
  const logger = createLogger({ sinks: [{ sink: (line) => lines.push(line), format: '{function}', level: 'trace' }] })
  const { stackTraceLimit, prepareStackTrace } = Error
  const calls: readonly ((logger: AppLogger) => void)[] = [
    function one(log) {
      log.trace('')
      log.debug('')
      log.info('')
      log.success('')
      log.warn('')
      log.warning('')
      log.error('')
      log.critical('')
      log.log('info', '')
      log.exception(new Error('x'))
      log.bind({ a: 1 }).info('')
    },
  ]
  for (const call of calls) call(logger)
  assert.deepEqual(
    lines.map((line) => line.split('\n')[0]),
    Array(11).fill('one'),
  )
  assert.deepEqual([Error.stackTraceLimit, Error.prepareStackTrace], [stackTraceLimit, prepareStackTrace])
})

test('a record that is asked when its call is over does not know where that stood', () => {
  const records: { caller: { file: string } }[] = []
  const logger = createLogger({ sinks: [{ sink: (_, record) => records.push(record) }] })
  logger.info('x')
  assert.equal(records[0]?.caller.file, '?')
})
