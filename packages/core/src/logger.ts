/** Facts beside a log message. Never put tokens, bodies or URLs with credentials here. */
export type LogFields = Readonly<Record<string, unknown>>

/** What the rooms need of a logger; any logging library can be put behind it. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const nothing = (): void => undefined

/** A logger that says nothing. The default of every library part. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }
