import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Level, levels } from '@posthouse/log'
import { keptLines } from './kept-lines.ts'

const refused = { name: 'PosthouseError', code: 'invalid_option' }

test('the levels have the numbers of loguru, and a meaning', () => {
  const severities = Object.fromEntries(Object.entries(levels).map(([name, { severity }]) => [name, severity]))
  assert.deepEqual(severities, { trace: 5, debug: 10, info: 20, success: 25, warning: 30, error: 40, critical: 50 })
  for (const { meaning } of Object.values(levels)) assert.ok(meaning.length > 10)
})

test('each level has a method, and format strings write it in capitals', () => {
  const { logger, lines } = keptLines({ format: '{level}/{level.no}' })
  logger.trace('')
  logger.debug('')
  logger.info('')
  logger.success('')
  logger.warning('')
  logger.warn('')
  logger.error('')
  logger.critical('')
  const words = ['TRACE/5', 'DEBUG/10', 'INFO/20', 'SUCCESS/25', 'WARNING/30', 'WARNING/30', 'ERROR/40', 'CRITICAL/50']
  assert.deepEqual(
    lines,
    words.map((word) => `${word}\n`),
  )
})

test('a sink gets what is as grave as its level, or graver', () => {
  const { logger, lines } = keptLines({ level: 'WARNING' })
  logger.success('no')
  logger.warn('yes')
  logger.error('yes')
  assert.deepEqual(lines, ['yes\n', 'yes\n'])
})

test('the level of a logger, and that of a sink, can be changed while it runs', () => {
  const { logger, lines } = keptLines()
  const child = logger.bind({ a: 1 })
  logger.level = 'error'
  child.warning('dropped')
  logger.level = 'trace'
  child.trace('written')
  logger.setLevel(0, 'info')
  child.debug('dropped')
  child.info('written')
  logger.level = 'silent'
  logger.critical('dropped')
  assert.equal(child.level, 'silent')
  assert.deepEqual(lines, ['written\n', 'written\n'])
})

test('a level by name or number is known at run time only', () => {
  const { logger, lines } = keptLines({ format: '{level}' })
  const wanted: Level[] = ['warn', 'FATAL', 'Success' as Level, 26, 1000]
  for (const level of wanted) logger.log(level, '')
  assert.deepEqual(lines, ['WARNING\n', 'CRITICAL\n', 'SUCCESS\n', 'SUCCESS\n', 'CRITICAL\n'])
})

test('isEnabled says whether any sink would get it', () => {
  const { logger } = keptLines({ level: 'info' })
  assert.deepEqual([logger.isEnabled('debug'), logger.isEnabled('info'), logger.isEnabled(40)], [false, true, true])
  logger.remove()
  assert.equal(logger.isEnabled('critical'), false)
})

test('a level that does not exist is refused, and the message lists those that do', () => {
  const { logger } = keptLines()
  assert.throws(() => logger.log('loud' as Level, ''), { ...refused, message: /trace, debug, info, success.*"loud"/ })
  assert.throws(() => logger.log(3, ''), refused)
  assert.throws(() => logger.setLevel(0, 'loud' as Level), refused)
  assert.throws(() => {
    logger.level = -1
  }, refused)
  assert.equal(logger.level, 'trace')
})
