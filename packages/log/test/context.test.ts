import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from '@posthouse/core'
import { createLogger } from '@posthouse/log'
import { keptLines } from './kept-lines.ts'

test('what is bound is in every line of that logger, and in no other', () => {
  const { logger, lines } = keptLines({ format: '{message} {extra}' })
  const order = logger.bind({ order: 7 })
  const item = order.bind({ item: 'x', order: 8 })
  order.info('a')
  item.info('b', { n: 1 })
  logger.info('c')
  assert.deepEqual(lines, ['a order=7\n', 'b order=8 item=x n=1\n', 'c\n'])
})

test('a context follows what is waited for, and ends with it', async () => {
  const { logger, lines } = keptLines({ format: '{message} {extra}' })
  const work = async (request: number): Promise<void> => {
    logger.info('begin')
    await setImmediate()
    await logger.contextualize({ step: 2 }, async () => {
      await setImmediate()
      logger.bind({ bound: true }).info(`end ${request}`)
    })
  }
  await Promise.all([1, 2].map((request) => logger.contextualize({ request }, () => work(request))))
  logger.info('outside')
  assert.deepEqual(lines, [
    'begin request=1\n',
    'begin request=2\n',
    'end 1 request=1 step=2 bound=true\n',
    'end 2 request=2 step=2 bound=true\n',
    'outside\n',
  ])
})

test('contextualize gives back what the task returns, and what it throws', async () => {
  const { logger } = keptLines()
  assert.equal(await logger.contextualize({}, async () => 5), 5)
  assert.throws(
    () =>
      logger.contextualize({}, () => {
        throw new RangeError('no')
      }),
    RangeError,
  )
})

test('it is the logger that every other package takes', () => {
  const { logger, lines } = keptLines({ format: '{level} {message} {extra}' })
  const small: Logger = logger
  small.debug('a')
  small.info('b', { n: 1 })
  small.warn('c')
  small.error('d', { error: new Error('x') })
  assert.match(lines.join(''), /^DEBUG a\nINFO b n=1\nWARNING c\nERROR d\nError: x\n {4}at /)
})

test('fields of createLogger are in every line', () => {
  const lines: string[] = []
  const sink = (line: string): void => void lines.push(line)
  createLogger({ name: 'shop', fields: { version: '1.2.0' }, sinks: [{ sink, format: '{name} {extra}' }] }).info('')
  assert.deepEqual(lines, ['shop version=1.2.0\n'])
})
