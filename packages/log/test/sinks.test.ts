import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createLogger, defaultFormat, type FileSinkOptions, type SinkOptions } from '@posthouse/log'
import { wantsColour } from '../src/format/colour.ts'
import { temporaryFolder } from './folder.ts'
import { keptLines } from './kept-lines.ts'

const refused = { name: 'PosthouseError', code: 'invalid_option' }

describe('sinks', () => {
  it('are added and removed while the program runs, each with its own level, filter and format', async () => {
    using folder = temporaryFolder()
    const { logger, lines } = keptLines({ level: 'warning' })
    const all = logger.add(folder.file('all.log'), { format: '{level} {message}' })
    const errors = logger.add(folder.file('error.log'), { level: 'ERROR', format: '{message}' })
    const paid = logger.add(folder.file('paid.log'), { filter: ({ extra }) => extra.paid === true, serialize: true })
    assert.deepEqual([all, errors, paid], [1, 2, 3])
    logger.info('one', { paid: true })
    logger.warning('two')
    logger.error('three')
    logger.remove(all)
    logger.error('four', { paid: true })
    await logger.drain()
    assert.deepEqual(lines, ['two\n', 'three\n', 'four\n'])
    assert.deepEqual(folder.lines('all.log'), ['INFO one', 'WARNING two', 'ERROR three'])
    assert.deepEqual(folder.lines('error.log'), ['three', 'four'])
    assert.deepEqual(
      folder.lines('paid.log').map((line) => JSON.parse(line).msg),
      ['one', 'four'],
    )
    assert.throws(() => logger.remove(all), { ...refused, message: /id of a sink/ })
    logger.remove()
    logger.critical('nowhere')
    assert.equal(lines.length, 3)
  })

  it('refuse what they do not know or cannot do', () => {
    const { logger } = keptLines()
    using folder = temporaryFolder()
    const file = folder.file('x.log')
    const wrong: readonly (readonly [unknown, Record<string, unknown>, RegExp])[] = [
      [file, { rotate: '1 MB' }, /one of .*rotation.*"rotate"/],
      [file, { enqueue: true }, /"enqueue"/],
      [() => undefined, { rotation: '1 MB' }, /no file.*"rotation"/],
      [process.stderr, { encoding: 'utf8' }, /"encoding"/],
      [file, { rotation: 'sometimes' }, /rotation must be a size \("10 MB"\).*"sometimes"/],
      [file, { rotation: 0 }, /rotation/],
      [file, { rotation: ['1 MB', 'often'] }, /"often"/],
      [file, { rotation: '1 MB', retention: 'long' }, /retention must be an age/],
      [file, { rotation: '1 MB', retention: -1 }, /whole number/],
      [file, { rotation: '1 MB', retention: {} }, /age, count and size/],
      [file, { rotation: '1 MB', retention: { days: 3 } }, /"days"/],
      [file, { rotation: '1 MB', retention: { age: '3 cows' } }, /retention.age/],
      [file, { retention: '7 days' }, /rotation must be given/],
      [file, { compression: 'zip' }, /rotation must be given/],
      [file, { rotation: '1 MB', compression: 'rar' }, /gz, gzip, zip, zst, zstd/],
      [file, { encoding: 'ebcdic' }, /utf8/],
      [file, { mode: 0o1777 }, /permissions/],
      [file, { buffer: 'much' }, /buffer must be a size/],
      [file, { level: 'loud' }, /level must be one of/],
      [file, { filter: 'module' }, /filter must be a function/],
      [file, { format: 7 }, /format must be a text/],
      [file, { serialize: true, format: '{message}' }, /format must be absent/],
      [file, { location: true }, /location/],
      [file, { serialize: 'no' }, /serialize must be true or false/],
      [file, { reopenOnSighup: 1 }, /reopenOnSighup must be true or false/],
      [file, { rotation: { size: '1 MB' } }, /not an object with size$/],
      [file, { rotation: Object.create(null) }, /rotation must be a size/],
      [`${folder.path}/{time}.log`, {}, /without \{ and \}/],
      ['', {}, /a path/],
      [5, {}, /a path, a function or a stream/],
      [{}, {}, /a path, a function or a stream/],
      ['/dev/null', { rotation: '1 MB' }, /an ordinary file/],
    ]
    for (const [sink, options, message] of wrong)
      assert.throws(
        () => logger.add(sink as string, options as FileSinkOptions),
        { ...refused, message },
        String(message),
      )
    assert.deepEqual(folder.names(), [])
    assert.throws(() => logger.add(folder.path), { code: 'EISDIR' })
    assert.equal(
      logger.add(() => undefined),
      1,
    )
  })

  it('are refused to createLogger as well', () => {
    assert.throws(() => createLogger({ colour: true } as object), { ...refused, message: /"colour"/ })
    assert.throws(() => createLogger({ sinks: [{ sink: () => undefined, retention: 3 }] }), refused)
    for (const wrong of [{ name: 5 }, { sinks: process.stderr }, { fields: 'a' }, { onTrouble: true }])
      assert.throws(() => createLogger(wrong as object), refused)
  })
})

describe('a listener for troubles', () => {
  it('may fail, and may log what fails', () => {
    const lines: string[] = []
    const onTrouble = (text: string): void => {
      logger.error(text)
      throw new Error('no')
    }
    const logger = createLogger({ onTrouble, sinks: [] })
    const format = (): string => {
      throw new Error('no')
    }
    logger.add((line) => lines.push(line), { format })
    logger.info('one')
    assert.deepEqual(lines, ['ERROR a format failed\n', 'INFO one\n'])
  })
})

describe('a function sink', () => {
  it('may throw, reject, or log itself, and nothing comes of it', async () => {
    const { logger, lines, troubles } = keptLines()
    logger.add(() => {
      throw new Error('thrown')
    })
    logger.add(() => Promise.reject(new Error('rejected')))
    logger.add(() => logger.info('echo'))
    logger.info('one')
    logger.info('two')
    await logger.drain()
    assert.equal(lines.filter((line) => line === 'echo\n').length, 2)
    assert.deepEqual(troubles, ['a function that takes lines failed', 'a function that takes lines failed'])
  })

  it('is told of once more where it works for a while and fails again', async () => {
    const { logger, troubles } = keptLines()
    logger.add(async (_, { message }) => {
      if (message === 'lost') throw new Error('no')
    })
    for (const message of ['lost', 'lost', 'kept', 'lost']) {
      logger.info(message)
      await logger.drain()
    }
    assert.equal(troubles.length, 2)
  })

  it('may return a promise of another library, which fails with notice', async () => {
    const { logger, troubles } = keptLines()
    // biome-ignore lint/suspicious/noThenProperty: it is what makes such a promise
    logger.add(() => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('rejected')) }))
    logger.info('one')
    await logger.drain()
    assert.deepEqual(troubles, ['a function that takes lines failed'])
  })

  it('is waited for by drain, and loses lines with notice where it is much too slow', async () => {
    const { logger, troubles } = keptLines({ level: 'silent' })
    const gate = Promise.withResolvers<void>()
    let done = 0
    logger.add(async () => {
      await gate.promise
      done++
    })
    for (let each = 0; each < 10_500; each++) logger.info('x')
    const drained = logger.drain()
    gate.resolve()
    await drained
    assert.equal(done, 10_000)
    assert.match(troubles.join(), /^500 lines for a function were lost/)
  })
})

describe('a stream sink', () => {
  it('is written to and not ended, and drain waits for it', async () => {
    const stream = new PassThrough({ highWaterMark: 1 })
    const logger = createLogger({ sinks: [{ sink: stream, format: '{message}' }] })
    for (const each of ['a', 'b', 'c']) logger.info(each)
    const drained = logger.drain()
    let read = ''
    stream.setEncoding('utf8').on('data', (text: string) => {
      read += text
    })
    await drained
    assert.equal(read, 'a\nb\nc\n')
    logger.remove()
    assert.equal(stream.writableEnded, false)
  })

  it('may break, and the program goes on', async () => {
    const { logger, troubles, lines } = keptLines()
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    logger.add(stream)
    for (let each = 0; each < 3; each++) logger.info('x')
    await new Promise((resolve) => stream.once('close', resolve))
    logger.info('y')
    await logger.drain()
    assert.equal(lines.length, 4)
    assert.deepEqual(troubles, ['a stream that takes lines is broken'])
  })

  it('may fail after it was removed, and the program goes on', async () => {
    const { logger, troubles } = keptLines()
    const gate = Promise.withResolvers<void>()
    const stream = new Writable({
      write: (_chunk, _encoding, done) => void gate.promise.then(() => done(new Error('EPIPE'))),
    })
    const id = logger.add(stream)
    logger.info('x')
    logger.remove(id)
    const closed = new Promise((resolve) => stream.once('close', resolve))
    gate.resolve()
    await closed
    assert.deepEqual(troubles, ['a stream that takes lines is broken'])
    for (let turns = 0; turns < 10 && stream.listenerCount('error') > 0; turns++) await setImmediate()
    assert.equal(stream.listenerCount('error'), 0)
  })

  it('that is destroyed is told of, and drain does not wait for it', async () => {
    const { logger, troubles } = keptLines()
    const stream = new Writable({ write: () => undefined })
    logger.add(stream)
    logger.info('never through')
    const drained = logger.drain()
    stream.destroy()
    await drained
    logger.info('nowhere')
    logger.info('nowhere')
    assert.deepEqual(troubles, ['a stream that takes lines is broken'])
  })

  it('loses lines with notice where nobody reads', () => {
    const { logger, troubles } = keptLines({ level: 'silent' })
    const stream = { writableLength: 0, write: () => true }
    logger.add(stream)
    stream.writableLength = 20_000_000
    logger.info('lost')
    stream.writableLength = 0
    logger.info('there')
    assert.match(troubles.join(), /^1 lines for a stream were lost/)
  })

  it('is coloured where it is a terminal, unless NO_COLOR or TERM is against it', () => {
    const terminal = { isTTY: true }
    assert.equal(wantsColour(terminal, {}), true)
    assert.equal(wantsColour(terminal, { NO_COLOR: '1' }), false)
    assert.equal(wantsColour(terminal, { NO_COLOR: '' }), true)
    assert.equal(wantsColour(terminal, { TERM: 'dumb' }), false)
    assert.equal(wantsColour({}, {}), false)
    assert.equal(wantsColour({}, { FORCE_COLOR: '1' }), true)
    assert.equal(wantsColour({}, { FORCE_COLOR: '0' }), false)
    assert.equal(wantsColour({}, { FORCE_COLOR: '1', NO_COLOR: '1' }), false)
  })

  it('gets colours as it is told', () => {
    const lines: string[] = []
    const sink = { isTTY: true, write: (text: string) => lines.push(text) }
    const options: SinkOptions = { format: defaultFormat, colorize: true }
    createLogger({
      sinks: [
        { sink, ...options },
        { sink, ...options, colorize: false },
      ],
    }).success('yes', { n: 1 })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
    assert.match(lines[0] ?? '', /^\x1b\[32m\d{4}-.* \| \x1b\[32m\x1b\[1mSUCCESS \x1b\[0m \| .*yes\x1b\[0m n=1\n$/)
    assert.match(lines[1] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| SUCCESS {2}\| yes n=1\n$/)
  })
})
