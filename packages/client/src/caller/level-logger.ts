import type { Logger } from '@posthouse/core'

/** How much is logged: everything from this level on. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'silent'

/** The levels, from the least that is logged to the most. */
export const logLevels: readonly LogLevel[] = ['silent', 'error', 'warn', 'info', 'debug']

const nothing = (): void => undefined

/** Hands on what is of `level` or graver. */
export function levelLogger(level: LogLevel, logger: Logger = consoleLogger): Logger {
  const most = logLevels.indexOf(level)
  const from = (name: Exclude<LogLevel, 'silent'>): Logger['info'] =>
    logLevels.indexOf(name) <= most ? (message, fields) => logger[name](message, fields) : nothing
  return { error: from('error'), warn: from('warn'), info: from('info'), debug: from('debug') }
}

/** What the documented client writes to when nothing else is said. */
const consoleLogger: Logger = {
  debug: (message, fields) => write('debug', message, fields),
  info: (message, fields) => write('info', message, fields),
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
}

function write(level: keyof Logger, message: string, fields: object | undefined): void {
  // biome-ignore lint/suspicious/noConsole: the console is this logger's purpose
  console[level](`[calls] ${message}`, ...(fields === undefined ? [] : [fields]))
}
