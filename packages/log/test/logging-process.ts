/**
 * A process that logs, as its first argument says, for tests that end it in some way:
 * `endless path first rotation compression` writes lines numbered from the first and tells of each when it is written;
 * `shared path name lines rotation` writes so many lines, packs what is rotated, and ends;
 * `count path lines buffer ending` writes so many lines and ends as it is told.
 */
import { writeSync } from 'node:fs'
import { createLogger } from '@posthouse/log'

const [work, path = '', ...rest] = process.argv.slice(2)

if (work === 'endless') endless(rest)
else if (work === 'shared') shared(rest)
else count(rest)

/** What is told was in the file before: each line is written before the call returns. */
function endless([first, rotation, compression]: string[]): void {
  const logger = createLogger({ sinks: [] })
  logger.add(path, { format: '{message}', rotation, compression: compression === 'gz' ? 'gz' : undefined })
  let next = Number(first)
  const some = (): void => {
    for (let each = 0; each < 50; each++) {
      logger.info(`line ${next}`)
      writeSync(1, `${next++}\n`)
    }
    setImmediate(some)
  }
  some()
}

function shared([name, lines, rotation]: string[]): void {
  const logger = createLogger({ sinks: [] })
  logger.add(path, { format: '{message}', rotation: rotation ?? '20 KB', compression: 'gz' })
  let next = 0
  const some = (): void => {
    for (let each = 0; each < 100 && next < Number(lines); each++) logger.info(`${name} ${next++} ${'x'.repeat(40)}`)
    if (next < Number(lines)) setImmediate(some)
    else void logger.drain()
  }
  some()
}

function count([lines, buffer, ending]: string[]): void {
  const logger = createLogger({ sinks: [] })
  logger.add(path, { format: '{message}', buffer: Number(buffer), reopenOnSighup: ending === 'hangup' })
  for (let each = 0; each < Number(lines); each++) logger.info(`line ${each}`)
  if (ending === 'late') process.on('exit', () => logger.info('from an exit listener'))
  if (ending === 'exit' || ending === 'late') process.exit(3)
  if (ending === 'throw') throw new Error('uncaught')
  if (ending === 'reject') void Promise.reject(new Error('unhandled'))
  if (ending === 'own') process.on('SIGTERM', () => process.exit(7))
  if (ending === 'hangup') process.on('SIGHUP', afterHangup)
  if (ending !== 'end') wait()

  function afterHangup(): void {
    logger.info('after')
    writeSync(1, 'reopened\n')
  }
}

function wait(): void {
  setInterval(() => undefined, 1000)
  writeSync(1, 'ready\n')
}
