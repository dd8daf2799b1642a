import { type AppLogger, createLogger, type LoggerOptions, type LogRecord, type SinkOptions } from '@posthouse/log'

/** A logger whose lines and records are kept in memory. */
export interface KeptLines {
  readonly logger: AppLogger
  readonly lines: string[]
  readonly records: LogRecord[]
  readonly troubles: string[]
}

export function keptLines(options: SinkOptions = {}, loggerOptions: LoggerOptions = {}): KeptLines {
  const [lines, records, troubles]: [string[], LogRecord[], string[]] = [[], [], []]
  const onTrouble = (text: string): void => {
    troubles.push(text)
  }
  const logger = createLogger({ onTrouble, ...loggerOptions, sinks: [] })
  const take = (line: string, record: LogRecord): void => {
    lines.push(line)
    records.push(record)
  }
  logger.add(take, { level: 'trace', format: '{message}', ...options })
  return { logger, lines, records, troubles }
}
