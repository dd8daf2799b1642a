import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { type AppLogger, createLogger, type LoggerOptions } from '@posthouse/log'

interface Json {
  readonly logger: AppLogger
  readonly lines: string[]
  parsed(): Record<string, unknown>[]
}

function json(options: LoggerOptions = {}, location = false): Json {
  const lines: string[] = []
  const logger = createLogger({ clock: new ManualClock(1000), ...options, sinks: [] })
  logger.add((line) => void lines.push(line), { serialize: true, location })
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line)) }
}

test('a JSON line is what pino makes, with the level as a word', () => {
  const { logger, lines } = json({ name: 'orders' })
  logger.success('paid', { amount: 3 })
  const head = `{"level":"success","time":1000,"pid":${process.pid},"hostname":"${hostname()}","name":"orders"`
  assert.deepEqual(lines, [`${head},"amount":3,"msg":"paid"}\n`])
})

test('flat fields look as pino writes them among others', () => {
  const { logger, lines } = json({ name: 'orders', fields: { service: 'a"b' } })
  const texts = [
    '',
    'a',
    '"',
    '\\',
    'a\nb',
    '\u0000',
    '\u001f\u007f',
    '张三',
    '🐞',
    'x'.repeat(200),
    `"${'x'.repeat(200)}`,
    '\u2028',
  ]
  const values = [...texts, 0, -0, 1.5, 1e21, Number.NaN, Number.POSITIVE_INFINITY, true, false, null, undefined]
  const names = [
    'a',
    'a b',
    'a"b',
    '张',
    '',
    'err',
    'toString',
    ...Array.from({ length: 1100 }, (_, index) => `made${index}`),
  ]
  const ofAll = names.map((name, index) => ({
    [name]: values[index % values.length],
    other: values[(index * 7) % values.length],
  }))
  const pairs = [...ofAll, ...values.map((value) => ({ value })), {}].map((fields) => [fields, { ...fields, list: [] }])
  for (const [flat, deep] of pairs) {
    for (const text of texts) {
      logger.info(text, flat)
      logger.info(text, deep)
      const [line = '', among = ''] = lines.splice(0)
      assert.equal(line, among.replace(',"list":[]', ''))
    }
  }
})

test('half a surrogate pair does no harm to a line', () => {
  const { logger, parsed } = json()
  logger.info('\ud800', { half: '\udfff', pair: '\ud83d\udc1e' })
  assert.deepEqual([parsed()[0]?.msg, parsed()[0]?.half, parsed()[0]?.pair], ['\ud800', '\udfff', '🐞'])
})

test('fields of the call win over those of bind, and these over those of the context, and no name comes twice', () => {
  const { logger, lines, parsed } = json({ fields: { service: 'a', x: 0 } })
  logger.contextualize({ request: 1, x: 1, y: 1 }, () => logger.bind({ x: 2, y: 2 }).info('', { x: 3 }))
  logger.bind({ x: 2 }).info('', { x: 3 })
  logger.bind({ x: 2 }).info('')
  const seen = parsed().map(({ service, request, x, y }) => [service, request, x, y])
  assert.deepEqual(seen, [
    ['a', 1, 3, 2],
    ['a', undefined, 3, undefined],
    ['a', undefined, 2, undefined],
  ])
  for (const line of lines) assert.equal(line.split('"x":').length, 2)
})

test('a field cannot pass for what the logger writes itself', () => {
  const { logger, parsed } = json({ name: 'real' })
  logger.info('true', { level: 'critical', time: 0, pid: 1, hostname: 'h', msg: 'false', name: 'fake' })
  const [line] = parsed()
  assert.deepEqual([line?.level, line?.time, line?.msg, line?.name], ['info', 1000, 'true', 'real'])
  assert.deepEqual([line?.level_, line?.msg_, line?.name_], ['critical', 'false', 'fake'])
})

interface Written {
  readonly msg: string
  readonly order: number
  readonly err: WrittenError
}

interface WrittenError {
  readonly type: string
  readonly message: string
  readonly stack: string
  readonly code?: string
  readonly cause?: WrittenError
  readonly errors?: readonly WrittenError[]
}

test('an error is written with its stack, its causes and what it carries', () => {
  const { logger, parsed } = json()
  const cause = Object.assign(new TypeError('root'), { code: 'E1' })
  logger.exception(new AggregateError([new Error('one')], 'all', { cause }), 'failed', { order: 7 })
  const [{ msg, order, err } = {} as Partial<Written>] = parsed() as unknown as Written[]
  assert.deepEqual([msg, order, err?.type, err?.message], ['failed', 7, 'AggregateError', 'all'])
  const { cause: inner, errors } = err ?? {}
  assert.match(err?.stack ?? '', /^AggregateError: all\n {4}at /)
  assert.deepEqual([inner?.type, inner?.code, errors?.[0]?.message], ['TypeError', 'E1', 'one'])
})

test('it says where the call stands where that is asked for', () => {
  const { logger, parsed } = json({}, true)
  function place(): void {
    logger.info('here')
  }
  place()
  const caller = parsed()[0]?.caller as Record<string, unknown>
  assert.match(String(caller.file), /test\/json-lines\.test\.ts$/)
  assert.deepEqual([caller.function, typeof caller.line], ['place', 'number'])
})

test('a message with the marks of printf stays as it is', () => {
  const { logger, parsed } = json()
  logger.info('100%s %d %o', { a: 1 })
  logger.info('100%s')
  assert.deepEqual(
    parsed().map(({ msg }) => msg),
    ['100%s %d %o', '100%s'],
  )
})

test('a field cannot pass for the place of a call', () => {
  const { logger, lines, parsed } = json({}, true)
  logger.info('here', { caller: 'elsewhere' })
  const [line] = parsed()
  assert.equal(line?.caller_, 'elsewhere')
  assert.equal(lines.join().split('"caller":').length, 2)
  const plain = json()
  plain.logger.info('here', { caller: 'anna' })
  assert.equal(plain.parsed()[0]?.caller, 'anna')
})
