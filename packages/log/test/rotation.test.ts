import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { createLogger, type FileSinkOptions } from '@posthouse/log'
import { type Folder, temporaryFolder } from './folder.ts'

const rotated = /^app\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.\d{4}\.log$/
const dayMs = 86_400_000
/** Local noon of a Monday. */
const monday = new Date(2026, 5, 1, 12).getTime()

function loggerIn(folder: Folder, clock: ManualClock, options: FileSinkOptions) {
  return createLogger({ clock, sinks: [{ sink: folder.file('app.log'), format: '{message}', ...options }] })
}

/** Every line of every file, in the order of the names; the live file comes last. */
function allLines(folder: Folder): string[] {
  const names = folder.names().filter((name) => name !== 'app.log')
  return [...names, 'app.log'].flatMap((name) => folder.lines(name))
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `line ${index}`)
}

describe('rotation by size', () => {
  it('keeps every line, in order, and no file grows beyond the size', async () => {
    using folder = temporaryFolder()
    await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '1 KB' })
    for (const line of numbers(1000)) logger.info(line)
    assert.deepEqual(allLines(folder), numbers(1000))
    assert.equal(folder.names().length, 9)
    for (const name of folder.names()) {
      assert.match(name, name === 'app.log' ? /./ : rotated)
      assert.ok(statSync(folder.file(name)).size <= 1000, name)
    }
  })

  it('keeps 100,000 lines with everything on', async () => {
    using folder = temporaryFolder()
    await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '100 KB', buffer: '4 KB' })
    const count = Number(process.env.POSTHOUSE_LINES ?? 100_000)
    for (let each = 0; each < count; each++) logger.info(`line ${each}`)
    await logger.drain()
    let next = 0
    for (const line of allLines(folder)) assert.equal(line, `line ${next++}`)
    assert.equal(next, count)
    assert.ok(folder.names().length > 10)
  })

  it('writes a line that is larger than the size into a file of its own', async () => {
    using folder = temporaryFolder()
    await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '100 B' })
    for (const line of ['a', 'b'.repeat(500), 'c']) logger.info(line)
    assert.deepEqual(
      allLines(folder).map((line) => line.length),
      [1, 500, 1],
    )
    assert.equal(folder.names().length, 3)
  })

  it('counts bytes and not letters, in each encoding', async () => {
    for (const encoding of ['utf8', 'utf16le'] as const) {
      using folder = temporaryFolder()
      await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '100 B', encoding })
      for (let each = 0; each < 20; each++) logger.info('张三李四')
      for (const name of folder.names()) assert.ok(statSync(folder.file(name)).size <= 100)
      assert.ok(folder.names().length >= 2)
    }
  })

  it('goes on with a file that is there, and counts what is in it', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.file('app.log'), `${'x'.repeat(95)}\n`)
    await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '100 B' })
    logger.info('more')
    assert.equal(folder.names().length, 2)
    assert.deepEqual(folder.lines('app.log'), ['more'])
  })

  it('takes several rules, and functions', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    const wanted = (line: string): boolean => line.startsWith('new')
    await using logger = loggerIn(folder, clock, { rotation: ['1 MB', '1 day', wanted] })
    logger.info('new a')
    logger.info('b')
    logger.info('new c')
    clock.advance(dayMs)
    logger.info('d')
    assert.equal(folder.names().length, 3)
    assert.deepEqual(allLines(folder), ['new a', 'b', 'new c', 'd'])
  })

  it('rotates the file behind a link, and leaves the link', async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.file('there'))
    writeFileSync(folder.file('there/app.log'), '')
    symlinkSync(folder.file('there/app.log'), folder.file('app.log'))
    await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '10 B' })
    for (const line of numbers(10)) logger.info(line)
    assert.deepEqual(folder.names(), ['app.log', 'there'])
    assert.equal(readdirSync(folder.file('there')).filter((name) => rotated.test(name)).length, 9)
    assert.deepEqual(folder.lines('app.log'), ['line 9'])
  })

  it('rotates the file behind a link also where that is yet to be made', async () => {
    using folder = temporaryFolder()
    symlinkSync('there/app.log', folder.file('app.log'))
    await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '10 B' })
    for (const line of numbers(3)) logger.info(line)
    assert.deepEqual(folder.names(), ['app.log', 'there'])
    assert.equal(readdirSync(folder.file('there')).filter((name) => rotated.test(name)).length, 2)
  })

  it('writes over nothing, whatever names it finds', async () => {
    for (const name of ['app.2099-01-01T00-00-00-000Z.999999999.log', 'app.9999-99-01T00-00-00-000Z.0001.log']) {
      using folder = temporaryFolder()
      writeFileSync(folder.file(name), 'strange\n')
      await using logger = loggerIn(folder, new ManualClock(monday), { rotation: '10 B' })
      for (const line of numbers(5)) logger.info(line)
      assert.deepEqual(allLines(folder).sort(), [...numbers(5), 'strange'])
    }
  })

  it('survives a function that fails', async () => {
    using folder = temporaryFolder()
    const troubles: string[] = []
    const rotation = (): boolean => {
      throw new Error('no')
    }
    await using logger = createLogger({ sinks: [], onTrouble: (text) => void troubles.push(text) })
    logger.add(folder.file('app.log'), { format: '{message}', rotation })
    logger.info('a')
    logger.info('b')
    assert.deepEqual(folder.lines('app.log'), ['a', 'b'])
    assert.match(troubles.join(), /decides on rotation failed/)
  })
})

describe('rotation by time', () => {
  it('begins a new file at midnight', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    await using logger = loggerIn(folder, clock, { rotation: '00:00' })
    for (let hour = 0; hour < 72; hour++) {
      logger.info(`hour ${hour}`)
      clock.advance(dayMs / 24)
    }
    assert.deepEqual(
      [...folder.names()].map((name) => folder.lines(name).length).sort((a, b) => a - b),
      [12, 12, 24, 24],
    )
  })

  it('begins a new file every week, counted from the first line', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    await using logger = loggerIn(folder, clock, { rotation: '1 week' })
    for (let day = 0; day < 21; day++) {
      logger.info(`day ${day}`)
      clock.advance(dayMs)
    }
    for (const name of folder.names()) assert.equal(folder.lines(name).length, 7)
  })

  it('notices in the next run that the hour has passed', async () => {
    using folder = temporaryFolder()
    writeFileSync(folder.file('app.log'), 'of yesterday\n')
    const yesterday = (Date.now() - dayMs) / 1000
    utimesSync(folder.file('app.log'), yesterday, yesterday)
    await using logger = loggerIn(folder, new ManualClock(Date.now()), { rotation: 'daily' })
    logger.info('of today')
    assert.deepEqual(folder.lines('app.log'), ['of today'])
    assert.deepEqual(allLines(folder), ['of yesterday', 'of today'])
  })

  it('makes no file where nothing was written', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    await using logger = loggerIn(folder, clock, { rotation: 'hourly' })
    clock.advance(50 * 3_600_000)
    logger.info('at last')
    assert.deepEqual(folder.names(), ['app.log'])
  })

  it('puts gathered lines into the file of their hour', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    await using logger = loggerIn(folder, clock, { rotation: '1 day', buffer: '1 MB' })
    logger.info('before')
    clock.jump(dayMs)
    logger.info('after')
    await logger.drain()
    assert.deepEqual(folder.lines('app.log'), ['after'])
    assert.deepEqual(allLines(folder), ['before', 'after'])
  })
})

describe('a clock that is set', () => {
  it('forward and back leaves the names in the order of the lines, and every line there', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    await using logger = loggerIn(folder, clock, { rotation: ['100 B', 'daily'] })
    const jumps = [0, 3 * dayMs, -2 * dayMs, 0, 365 * dayMs, -400 * dayMs, 1, 0, -1]
    let count = 0
    for (const jump of jumps) {
      clock.jump(jump)
      for (let each = 0; each < 30; each++) logger.info(`line ${count++}`)
    }
    assert.deepEqual(allLines(folder), numbers(count))
  })

  it('back does not keep the next midnight from coming', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(monday)
    await using logger = loggerIn(folder, clock, { rotation: '00:00' })
    logger.info('a')
    clock.jump(-30 * dayMs)
    logger.info('b')
    clock.advance(dayMs)
    logger.info('c')
    assert.deepEqual(folder.lines('app.log'), ['c'])
  })
})
