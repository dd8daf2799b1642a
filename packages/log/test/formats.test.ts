import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { keptLines } from './kept-lines.ts'

const refused = { name: 'PosthouseError', code: 'invalid_option' }
// A Saturday.
const moment = new Date(2026, 1, 7, 15, 4, 5, 67)

function written(format: string, options: { colorize?: boolean; name?: string } = {}): string {
  const { name, ...sink } = options
  const clock = new ManualClock(moment.getTime())
  const kept = keptLines({ format, ...sink }, { clock, ...(name === undefined ? {} : { name }) })
  kept.logger.warning('ready', { user: 'anna', count: 3, note: 'two words', list: [1, 'x'] })
  return kept.lines.join('')
}

describe('a format string', () => {
  it('writes the formats of the documents', () => {
    const file = '{time:YYYY-MM-DD HH:mm:ss} | {level: <8} | {name}:{function}:{line} - {message}'
    assert.match(written(file), /^2026-02-07 15:04:05 \| WARNING {2}\| formats\.test:written:\d+ - ready\n$/)
    const console = '<red>{time:YYYY-MM-DD HH:mm:ss}</red> | <level>{level}</level> | {message}'
    assert.equal(written(console), '2026-02-07 15:04:05 | WARNING | ready\n')
  })

  it('writes times in every way', () => {
    const cases: Readonly<Record<string, string>> = {
      'YY M D H h m s A': '26 2 7 15 3 4 5 PM',
      'MMMM MMM dddd ddd d E': 'February Feb Saturday Sat 5 6',
      'DDDD DDD Q': '038 38 1',
      'SSS SS S SSSSSS': '067 06 0 067000',
      'hh [o clock] HH': '03 o clock 15',
      'YYYY-MM-DDTHH:mm:ss.SSS!UTC': moment.toISOString().slice(0, -1),
      'X x': `${Math.floor(moment.getTime() / 1000)} ${moment.getTime()}000`,
    }
    for (const [pattern, text] of Object.entries(cases))
      assert.equal(written(`{time:${pattern}}`), `${text}\n`, pattern)
    assert.match(written('{time:Z ZZ}'), /^[+-]\d\d:\d\d [+-]\d{4}\n$/)
    assert.equal(written('{time:Z!UTC}'), '+00:00\n')
  })

  it('writes fields, all of them or one', () => {
    assert.equal(written('{extra}'), 'user=anna count=3 note="two words" list=[1,"x"]\n')
    assert.equal(written('{extra[user]}/{extra.count}/{extra[list]}/{extra[nothing]}'), 'anna/3/[1,"x"]/\n')
    assert.equal(written('{process} {process.id} {thread}'), `${process.pid} ${process.pid} 0\n`)
    assert.equal(written('{name}', { name: 'orders' }), 'orders\n')
    assert.match(
      written('{file} {file.path} {module}'),
      /^formats\.test\.ts \S*test\/formats\.test\.ts formats\.test\n$/,
    )
    assert.match(written('{elapsed}'), /^\d+:\d\d:\d\d\.\d{6}\n$/)
  })

  it('cuts no character in half', () => {
    const { logger, lines } = keptLines({ format: '{message:.3}|{message:.4}|{message:.2}' })
    logger.info('ab😀cd')
    assert.deepEqual(lines, ['ab|ab😀|ab\n'])
  })

  it('pads, fills, centres and cuts', () => {
    assert.equal(
      written('[{level:<9}][{level:>9}][{level:^9}][{level:*>9}][{level:.4}]'),
      '[WARNING  ][  WARNING][ WARNING ][**WARNING][WARN]\n',
    )
  })

  it('colours where it is asked to, and ends each colour with what was open around it', () => {
    const colour = (format: string): string => written(format, { colorize: true })
    assert.equal(colour('<green>a<bold>b</bold>c</green>'), '\x1b[32ma\x1b[1mb\x1b[0m\x1b[32mc\x1b[0m\n')
    assert.equal(colour('<level>x</level>'), '\x1b[33m\x1b[1mx\x1b[0m\n')
    assert.equal(colour('<RED><light-blue>x</></>'), '\x1b[41m\x1b[94mx\x1b[0m\x1b[41m\x1b[0m\n')
    assert.equal(colour('<bg green>x</>'), '\x1b[42mx\x1b[0m\n')
    assert.equal(colour('\\<green> {{x}} 1 < 2'), '<green> {x} 1 < 2\n')
  })

  it('leaves out an exception, and the spaces before it, where there is none', () => {
    const { logger, lines } = keptLines({ format: '{message}\n{exception}' })
    logger.info('fine')
    logger.exception(new Error('broken'), 'not fine')
    assert.equal(lines[0], 'fine\n')
    assert.match(lines[1] ?? '', /^not fine\nError: broken\n {4}at .*formats\.test/)
  })

  it('is refused where it cannot be, with a hint', () => {
    const wrong: Readonly<Record<string, RegExp>> = {
      '{tim}': /one of time, level/,
      '{level: =8}': /like "<8"/,
      '{time:YYYY-NN}': /YYYY/,
      '<purple>x</purple>': /colour tag/,
      '<red>x': /closed with <\/red>/,
      '<red>x</green>': /closed in order/,
      '{message': /balanced/,
    }
    for (const [format, message] of Object.entries(wrong))
      assert.throws(() => keptLines({ format }), { ...refused, message }, format)
  })
})

describe('a line', () => {
  it('cannot be forged by what is in a message, in a field or in the message of an error', () => {
    const evil = 'x\n2026-01-01 00:00:00 | INFO | all is well\r\x1b[2K\u202e'
    const { logger, lines } = keptLines({ format: '{message} {extra}' })
    logger.info(evil, { evil, [evil]: 1 })
    logger.exception(new Error(evil), 'failed')
    for (const line of lines.join('').split('\n').filter(Boolean))
      assert.match(line, /^(?:x$|failed$|Error: x$| {4})/, JSON.stringify(line))
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(lines.join(''), /[\x1b\r\u202e]/)
  })

  it('is made by a function where one is given, and has its line break in any case', () => {
    const { logger, lines } = keptLines({ format: ({ level, message }) => `${level}: ${message}` })
    logger.info('one')
    assert.deepEqual(lines, ['info: one\n'])
  })

  it('is written although its format fails', () => {
    const format = (): string => {
      throw new Error('no')
    }
    const { logger, lines, troubles } = keptLines({ format })
    logger.info('one')
    assert.deepEqual([lines, troubles], [['INFO one\n'], ['a format failed']])
  })

  it('says where its call stands, also through functions that wrap a logger', () => {
    const { logger, lines } = keptLines({ format: '{function}' })
    const wrap = (): void => logger.opt({ depth: 1 }).info('')
    function outer(): void {
      wrap()
      logger.info('')
    }
    outer()
    assert.deepEqual(lines, ['outer\n', 'outer\n'])
  })
})
