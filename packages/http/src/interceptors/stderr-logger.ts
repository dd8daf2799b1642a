import type { LogFields, Logger } from '@posthouse/core'

/** Writes a line for each message to the standard error output: what a program gets that names no logger. */
export const stderrLogger: Logger = {
  debug: (message, fields) => write('DEBUG', message, fields),
  info: (message, fields) => write('INFO', message, fields),
  warn: (message, fields) => write('WARN', message, fields),
  error: (message, fields) => write('ERROR', message, fields),
}

function write(level: string, message: string, fields: LogFields | undefined): void {
  const more = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
  process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}${more}\n`)
}
