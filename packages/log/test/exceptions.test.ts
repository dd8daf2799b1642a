import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { keptLines } from './kept-lines.ts'

const written = (error: unknown, message?: string): string => {
  const { logger, lines } = keptLines({ format: '{level} {message}' })
  logger.exception(error, message)
  // Without frames and line numbers.
  return lines.join('').replaceAll(/^ *at .*\n/gm, '')
}

test('an exception of another realm is one as well', () => {
  const error: unknown = runInNewContext('new TypeError("far", { cause: new RangeError("farther") })')
  assert.equal(written(error), 'ERROR far\nTypeError: far\ncaused by: RangeError: farther\n')
})

test('an exception is written with the stacks of its causes', () => {
  const root = new RangeError('root')
  const error = new Error('outer', { cause: new TypeError('middle', { cause: root }) })
  assert.equal(written(error), 'ERROR outer\nError: outer\ncaused by: TypeError: middle\ncaused by: RangeError: root\n')
  const { logger, lines } = keptLines()
  logger.exception(error)
  assert.equal(lines.join('').match(/^ {4}at .*exceptions\.test/gm)?.length, 3)
})

test('an exception that stands for several is written with each of them', () => {
  const error = new AggregateError([new Error('one', { cause: 'a reason' }), 'two'], 'all')
  assert.equal(
    written(error, 'failed'),
    'ERROR failed\nAggregateError: all\n  error 1: Error: one\n  caused by: a reason\n  error 2: two\n',
  )
})

test('what is thrown need not be an error, and causes may go in a circle', () => {
  assert.equal(written('just text'), 'ERROR just text\n')
  assert.equal(written(undefined, 'nothing'), 'ERROR nothing\n')
  const error = new Error('ring')
  error.cause = error
  assert.equal(written(error), 'ERROR ring\nError: ring\ncaused by: [circular]\n')
})

test('an error that has no stack, or a strange one, is written all the same', () => {
  const bare = new Error('bare')
  delete (bare as { stack?: string }).stack
  assert.equal(written(bare), 'ERROR bare\nError: bare\n')
  const changed = new Error('before')
  assert.match(changed.stack ?? '', /before/)
  changed.message = 'after'
  assert.match(written(changed), /^ERROR after\nError: before\n$/)
})

test('opt carries an exception to any level', () => {
  const { logger, lines, records } = keptLines({ format: '{level} {message}' })
  logger.opt({ exception: new Error('late') }).warning('again')
  assert.match(lines.join(''), /^WARNING again\nError: late\n {4}at /)
  assert.equal(records[0]?.exception?.type, 'Error')
  assert.throws(() => logger.opt({ depth: -1 }), { code: 'invalid_option' })
  assert.throws(() => logger.opt({ lazy: true } as object), {
    code: 'invalid_option',
    message: /option of opt.*"lazy"/,
  })
})
