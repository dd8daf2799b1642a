import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '@posthouse/core'
import { createLogger } from '@posthouse/log'
import { temporaryFolder } from './folder.ts'

/** Runs `task` with a disk of 1 MB, unless none can be mounted here. */
async function onSmallDisk(skip: (why: string) => void, task: (disk: string) => Promise<void>): Promise<void> {
  using folder = temporaryFolder()
  const disk = folder.file('disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return skip('a small disk cannot be mounted here')
  }
  try {
    await task(disk)
  } finally {
    execFileSync('umount', [disk])
  }
}

interface Found {
  readonly numbers: readonly number[]
  readonly others: readonly string[]
}

function found(path: string): Found {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const numbers = lines.flatMap((line) => /^line (\d+) x*$/.exec(line)?.[1] ?? []).map(Number)
  return { numbers, others: lines.filter((line) => !/^line \d+ x*$/.test(line)) }
}

for (const buffer of [0, 20_000]) {
  test(`a full disk does not stop the program; short of a bound nothing is lost (buffer ${buffer})`, async (context) => {
    await onSmallDisk(
      (why) => context.skip(why),
      async (disk) => {
        const troubles: string[] = []
        const ballast = join(disk, 'ballast')
        writeFileSync(ballast, Buffer.alloc(900_000))
        {
          await using logger = createLogger({ sinks: [], onTrouble: (text) => void troubles.push(text) })
          logger.add(join(disk, 'app.log'), { format: '{message}', buffer })
          for (let each = 0; each < 3000; each++) logger.info(`line ${each} ${'x'.repeat(90)}`)
          logger.error('line 3000 x')
          rmSync(ballast)
          await logger.drain()
          logger.info('line 3001 x')
        }
        assert.deepEqual(found(join(disk, 'app.log')), {
          numbers: Array.from({ length: 3002 }, (_, n) => n),
          others: [],
        })
        assert.match(troubles[0] ?? '', /cannot be written; up to 1 MB waits/)
        assert.match(troubles[1] ?? '', /is written again/)
        assert.equal(troubles.length, 2)
      },
    )
  })
}

test('what a full disk does not take is bounded and counted, and the file says what it lacks', async (context) => {
  await onSmallDisk(
    (why) => context.skip(why),
    async (disk) => {
      const ballast = join(disk, 'ballast')
      writeFileSync(ballast, Buffer.alloc(600_000))
      await using logger = createLogger({ sinks: [], onTrouble: () => undefined })
      logger.add(join(disk, 'app.log'), { format: '{message}{extra}' })
      logger.add(join(disk, 'json.log'), { serialize: true, level: 'critical' })
      for (let each = 0; each < 20_000; each++) logger.info(`line ${each} ${'x'.repeat(90)}`)
      // Enough for what waits, which is 1 MB: the rest of the disk and what is written by then.
      rmSync(ballast)
      execFileSync('mount', ['-o', 'remount,size=4m', disk])
      await logger.drain()
      logger.info('line 20000 x')
      const { numbers, others } = found(join(disk, 'app.log'))
      const [told = '', ...more] = others
      const [, lost] = /^(\d+) lines are missing here/.exec(told) ?? assert.fail(told)
      assert.match(told, /reason=.*ENOSPC/)
      assert.deepEqual(more, [])
      assert.equal(numbers.length + Number(lost), 20_001)
      assert.deepEqual(
        numbers.slice(0, -1),
        Array.from({ length: numbers.length - 1 }, (_, n) => n),
      )
      assert.equal(numbers.at(-1), 20_000)
    },
  )
})

test('a file that cannot be opened any more is opened when it can be again, by itself', async () => {
  using folder = temporaryFolder()
  const clock = new ManualClock(Date.now())
  await using logger = createLogger({ clock, sinks: [], onTrouble: () => undefined })
  const path = folder.file(join('deep', 'app.log'))
  logger.add(path, { format: '{message}' })
  logger.info('one')
  rmSync(folder.file('deep'), { recursive: true })
  writeFileSync(folder.file('deep'), 'in the way')
  logger.reopen()
  logger.info('two')
  logger.info('three')
  rmSync(folder.file('deep'))
  clock.advance(1000)
  assert.equal(readFileSync(path, 'utf8'), 'two\nthree\n')
  assert.equal(clock.pending, 0)
})
