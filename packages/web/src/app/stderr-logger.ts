import type { LogFields, Logger } from '@posthouse/core'

const nothing = (): void => undefined

/** Warnings and errors as lines of JSON on the standard error output: nobody should have to set up a log to see a failure. */
export const stderrLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
}

function write(level: string, message: string, fields: LogFields | undefined): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
}
