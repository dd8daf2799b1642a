import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { type AppLogger, createLogger, type FileSinkOptions } from '@posthouse/log'
import { type Folder, temporaryFolder } from './folder.ts'

const dayMs = 86_400_000

function loggerIn(folder: Folder, clock: ManualClock, options: FileSinkOptions): AppLogger {
  return createLogger({ clock, sinks: [{ sink: folder.file('app.log'), format: '{message}', ...options }] })
}

/** What is left, by the day in the only line of each file. */
function days(folder: Folder): string[] {
  return folder
    .names()
    .filter((name) => name.startsWith('app.'))
    .map((name) => folder.read(name).trim().slice(0, 6).trim())
}

async function passDays(logger: AppLogger, clock: ManualClock, count: number): Promise<void> {
  for (let day = 0; day < count; day++) {
    logger.info(`day ${String(day).padStart(2, '0')} ${'x'.repeat(90)}`)
    clock.advance(dayMs)
  }
  await logger.drain()
}

describe('retention', () => {
  it('by age removes what is older, by a clock that is moved by hand', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(Date.now())
    await using logger = loggerIn(folder, clock, { rotation: '1 day', retention: '7 days' })
    await passDays(logger, clock, 20)
    // The file of day 12 was rotated on day 13, seven days before now.
    assert.deepEqual(days(folder).sort(), [
      'day 12',
      'day 13',
      'day 14',
      'day 15',
      'day 16',
      'day 17',
      'day 18',
      'day 19',
    ])
  })

  it('by age goes on where nothing is logged, once an hour', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(Date.now())
    await using logger = loggerIn(folder, clock, { rotation: '1 day', retention: '3 days' })
    await passDays(logger, clock, 3)
    assert.equal(days(folder).length, 3)
    clock.advance(10 * dayMs)
    await logger.drain()
    assert.deepEqual(days(folder), ['day 02'])
  })

  it('by number keeps the newest', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(Date.now())
    await using logger = loggerIn(folder, clock, { rotation: '1 day', retention: 3 })
    await passDays(logger, clock, 9)
    assert.deepEqual(days(folder).sort(), ['day 05', 'day 06', 'day 07', 'day 08'])
  })

  it('by total size keeps the newest, packed or not', async () => {
    for (const compression of [undefined, 'gz'] as const) {
      using folder = temporaryFolder()
      const clock = new ManualClock(Date.now())
      await using logger = loggerIn(folder, clock, { rotation: '1 day', retention: '120 B', compression })
      await passDays(logger, clock, 9)
      const left = folder.names().length - 1
      // 98 bytes each as they are; some 38 bytes packed.
      assert.ok(compression === undefined ? left === 1 : left > 1 && left < 8, `${left}`)
      assert.equal(folder.lines('app.log').length, 1)
    }
  })

  it('by several limits keeps what is within all of them', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(Date.now())
    const retention = { age: '30 days', count: 5, size: '300 B' }
    await using logger = loggerIn(folder, clock, { rotation: '1 day', retention })
    await passDays(logger, clock, 9)
    assert.deepEqual(days(folder).sort(), ['day 05', 'day 06', 'day 07', 'day 08'])
  })

  it('touches nothing that is not its own', async () => {
    using folder = temporaryFolder()
    const others = [
      'app.error.log',
      'app.2020-01-01.log',
      'app.2020-01-01T00-00-00-000Z.log',
      'app.2020-01-01T00-00-00-000Z.0001.log.bak',
      'app.2020-01-01T00-00-00-000Z.0001.txt',
      'xapp.2020-01-01T00-00-00-000Z.0001.log',
      'app.x.2020-01-01T00-00-00-000Z.0001.log',
      'app.log.gz',
      'notes.part',
    ]
    for (const name of others) writeFileSync(folder.file(name), 'keep')
    mkdirSync(folder.file('app.2020-01-01T00-00-00-000Z.0009.log'))
    mkdirSync(folder.file('app.2020-01-01T00-00-00-000Z.0004.log.gz.part'))
    symlinkSync('app.error.log', folder.file('app.2020-01-01T00-00-00-000Z.0005.log'))
    writeFileSync(folder.file('app.2020-01-01T00-00-00-000Z.0001.log'), 'old')
    writeFileSync(folder.file('app.2020-01-01T00-00-00-000Z.0002.log.zip'), 'old')
    writeFileSync(folder.file('app.2020-01-01T00-00-00-000Z.0003.log.gz.part'), 'half')
    await using logger = loggerIn(folder, new ManualClock(Date.now()), { rotation: '1 day', retention: '1 day' })
    await logger.drain()
    const left = ['0004.log.gz.part', '0005.log', '0009.log'].map((end) => `app.2020-01-01T00-00-00-000Z.${end}`)
    assert.deepEqual(folder.names(), [...others, ...left, 'app.log'].sort())
  })

  it('goes on with the others where one file cannot be packed', async () => {
    using folder = temporaryFolder()
    const names = ['0001.log', '0002.log'].map((end) => `app.2020-01-01T00-00-00-000Z.${end}`)
    for (const name of names) writeFileSync(folder.file(name), 'old')
    mkdirSync(folder.file(`${names[0]}.gz`))
    const troubles: string[] = []
    await using logger = createLogger({ sinks: [], onTrouble: (text) => void troubles.push(text) })
    logger.add(folder.file('app.log'), { rotation: '1 MB', compression: 'gz' })
    await logger.drain()
    assert.deepEqual(folder.names(), [names[0], `${names[0]}.gz`, `${names[1]}.gz`, 'app.log'])
    assert.match(troubles.join(), /^what was rotated from .* could not be put in order$/)
  })

  it('judges what a clock from the future has named by when it was written', async () => {
    using folder = temporaryFolder()
    const clock = new ManualClock(Date.now())
    await using logger = loggerIn(folder, clock, { rotation: '1 day', retention: '3 days' })
    clock.jump(1000 * dayMs)
    logger.info('day 00')
    clock.jump(2 * dayMs)
    logger.info('day 01')
    await logger.drain()
    clock.jump(-1002 * dayMs)
    await passDays(logger, clock, 5)
    assert.deepEqual(days(folder).includes('day 00'), false)
  })
})
