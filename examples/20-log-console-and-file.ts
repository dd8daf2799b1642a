/**
 * A coloured console, and a file that is rotated at 10 MB, packed as zip and kept for a week: what document 003 shows
 * under "log configuration".
 *
 * Run it with `node --conditions=@posthouse/source examples/20-log-console-and-file.ts`; it writes `logs/app.log`.
 */
import { logger } from '@posthouse/log'

// Away with the sink that every logger begins with.
logger.remove()

// The console, in colours. On a terminal `process.stdout` would have them by itself, and none in a pipe.
logger.add((line) => process.stdout.write(line), {
  format:
    '<green>{time:YYYY-MM-DD HH:mm:ss}</green> | <level>{level: <8}</level> | <cyan>{name}</cyan> - <level>{message}</level>',
  level: 'INFO',
  colorize: true,
})

// The file. It says where each call stands.
logger.add('logs/app.log', {
  format: '{time:YYYY-MM-DD HH:mm:ss} | {level: <8} | {name}:{function}:{line} - {message}',
  level: 'DEBUG',
  rotation: '10 MB',
  retention: '7 days',
  compression: 'zip',
})

function createUser(name: string): void {
  logger.debug(`the name is checked: ${name}`)
  logger.success(`user created: ${name}`)
}

logger.info('the program begins')
createUser('张三')
logger.warning('the disk is nearly full')

// What was rotated is packed in the background; this waits for it.
await logger.drain()
