import type { Retention } from '../file/retention.ts'
import type { Rotation } from '../file/rotation.ts'
import type { Threshold } from '../level.ts'
import type { LogRecord } from '../record/log-record.ts'
import type { SinkFunction } from './function-sink.ts'
import type { LineStream } from './stream-sink.ts'

/** Where lines go: the path of a file, a function, or a stream. */
export type SinkTarget = string | URL | SinkFunction | LineStream

/** What every sink can be told. */
export interface SinkOptions {
  /** The least grave level that it gets. Default `debug`. */
  readonly level?: Threshold | undefined
  /**
   * How a record looks: a text with fields in braces (`{time:YYYY-MM-DD HH:mm:ss}`, `{level: <8}`, `{message}`,
   * `{extra[name]}`…) and colour tags (`<green>…</green>`, `<level>…</level>`), or a function.
   */
  readonly format?: string | ((record: LogRecord) => string) | undefined
  /** Whether a record belongs here. */
  readonly filter?: ((record: LogRecord) => boolean) | undefined
  /** Whether colour tags have an effect. Default: where the sink is a terminal and `NO_COLOR` is not set. */
  readonly colorize?: boolean | undefined
  /** JSON lines, as pino makes them, instead of a format. Default false. */
  readonly serialize?: boolean | undefined
  /** Whether JSON lines say where a call stands, which takes microseconds. Default false. */
  readonly location?: boolean | undefined
}

/** What a file can be told beside. */
export interface FileSinkOptions extends SinkOptions {
  /** When a new file is begun: `10 MB`, `1 week`, `00:00`, `monday at 12:00`, `daily`, a function, or several of them. */
  readonly rotation?: Rotation | readonly Rotation[] | undefined
  /** What is kept of rotated files: `7 days`, `1 GB`, a number, or `{ age, count, size }`. Default: everything. */
  readonly retention?: Retention | undefined
  /** How rotated files are packed. Default: not at all. */
  readonly compression?: 'gz' | 'gzip' | 'zip' | 'zst' | 'zstd' | undefined
  /** Default `utf-8`. */
  readonly encoding?: BufferEncoding | 'utf-8' | undefined
  /** Permissions of a new file. Default `0o640`. */
  readonly mode?: number | undefined
  /**
   * How much is gathered before it is written, such as `64 KB`; errors are written at once, everything else within
   * 200 ms. Default: each line is written before the call returns.
   */
  readonly buffer?: string | number | undefined
  /** Whether SIGHUP opens the file anew; it does not end the process any more then. Default false. */
  readonly reopenOnSighup?: boolean | undefined
}

/** A sink with its options, for `createLogger`. */
export type SinkSpecification = FileSinkOptions & { readonly sink: SinkTarget }

/** The names of options, to refuse all others. */
export const sinkOptionNames: readonly string[] = ['level', 'format', 'filter', 'colorize', 'serialize', 'location']

/** Those that only files know. */
export const fileOptionNames: readonly string[] = [
  'rotation',
  'retention',
  'compression',
  'encoding',
  'mode',
  'buffer',
  'reopenOnSighup',
]
