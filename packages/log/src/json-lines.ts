import type { LogFields } from '@posthouse/core'
import { type Logger as PinoLogger, pino } from 'pino'
import { type LevelName, levels } from './level.ts'
import type { PendingRecord } from './record/pending-record.ts'
import type { Scope } from './record/scope.ts'

type Lines = PinoLogger<LevelName, boolean>

const severities = Object.fromEntries(Object.entries(levels).map(([name, { severity }]) => [name, severity]))
/** What pino writes itself. A field of such a name would pass for it. */
const taken = ['level', 'time', 'pid', 'hostname', 'msg']

/** Has pino make the JSON lines. */
export class JsonLines {
  readonly #pino: Lines
  readonly #taken: ReadonlySet<string>
  /** Pino makes the fields of a logger into text once. */
  readonly #children = new WeakMap<Scope, Lines>()
  #line = ''
  #time = 0

  /** @param added what is added to the lines afterwards. */
  constructor(name: string | undefined, added: readonly string[] = []) {
    this.#taken = new Set([...taken, ...added, ...(name === undefined ? [] : ['name'])])
    this.#pino = pino<LevelName, true>(
      {
        ...(name === undefined ? {} : { name }),
        level: 'trace',
        // Every name of the table has its number in it.
        customLevels: severities as Record<LevelName, number>,
        useOnlyCustomLevels: true,
        formatters: { level: (level) => ({ level }) },
        timestamp: () => `,"time":${this.#time}`,
        // Errors are plain data already.
        serializers: { err: (error: unknown) => error },
      },
      {
        write: (line) => {
          this.#line = line
        },
      },
    )
  }

  /** One record as a line, with its line break. */
  line(record: PendingRecord, scope: Scope): string {
    this.#time = record.time
    const { fields } = record
    const alone = fields === undefined || !overlaps(fields, scope.bound)
    if (alone && record.isPlain) this.#write(this.#of(scope), record, fields)
    else this.#write(this.#pino, record, record.extra)
    return this.#line
  }

  #write(lines: Lines, { level, message }: PendingRecord, fields: LogFields | undefined): void {
    if (fields === undefined) lines[level](message)
    else lines[level](this.#renamed(fields), message)
  }

  #of(scope: Scope): Lines {
    if (scope.bound === undefined) return this.#pino
    let child = this.#children.get(scope)
    if (child === undefined) {
      child = this.#pino.child(this.#renamed(scope.bound))
      this.#children.set(scope, child)
    }
    return child
  }

  #renamed(fields: LogFields): LogFields {
    for (const name in fields) {
      if (this.#taken.has(name)) return Object.fromEntries(Object.entries(fields).map((each) => this.#rename(each)))
    }
    return fields
  }

  #rename([name, value]: [string, unknown]): [string, unknown] {
    return [this.#taken.has(name) ? `${name}_` : name, value]
  }
}

/** JSON with one name twice means something else to every reader. */
function overlaps(fields: LogFields, bound: LogFields | undefined): boolean {
  if (bound === undefined) return false
  for (const name in fields) if (Object.hasOwn(bound, name)) return true
  return false
}
