import type { LogRecord } from '../record/log-record.ts'

/** Where lines go. None of these throws while lines are written. */
export interface Sink {
  write(text: string, record: LogRecord): void
  /** Hands on what was gathered, at once. */
  flush(): void
  /** Opens the file behind it anew. */
  reopen?(): void
  /** Resolves when everything is written, and what goes on in the background is done. */
  drain(): Promise<void>
  close(): void
}
