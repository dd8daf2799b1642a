import type { LogFields } from '@posthouse/core'
import { type Logger as PinoLogger, pino } from 'pino'
import { FlatFields, jsonText } from './flat-fields.ts'
import { type LevelName, levels } from './level.ts'
import type { PendingRecord } from './record/pending-record.ts'
import type { Scope } from './record/scope.ts'

type Lines = PinoLogger<LevelName, boolean>

/** Pino with the fields of one logger, and these as they stand in its lines. */
interface Bound {
  readonly lines: Lines
  readonly text: string
}

const severities = Object.fromEntries(Object.entries(levels).map(([name, { severity }]) => [name, severity]))
/** What pino writes itself. A field of such a name would pass for it. */
const taken = ['level', 'time', 'pid', 'hostname', 'msg']

/** Has pino make the JSON lines. Where all fields are flat, they are put between the same pieces without asking it. */
export class JsonLines {
  readonly #root: Bound
  readonly #taken: ReadonlySet<string>
  readonly #flat: FlatFields
  /** Pino makes the fields of a logger into text once. */
  readonly #children = new WeakMap<Scope, Bound>()
  #line = ''
  #time = 0
  #timeText = '0'

  /** @param added what is added to the lines afterwards. */
  constructor(name: string | undefined, added: readonly string[] = []) {
    this.#taken = new Set([...taken, ...added, ...(name === undefined ? [] : ['name'])])
    this.#flat = new FlatFields(this.#taken)
    const lines = pino<LevelName, true>(
      {
        ...(name === undefined ? {} : { name }),
        level: 'trace',
        // Every name of the table has its number in it.
        customLevels: severities as Record<LevelName, number>,
        useOnlyCustomLevels: true,
        formatters: { level: (level) => ({ level }) },
        timestamp: () => `,"time":${this.#timeText}`,
        // Errors are plain data already.
        serializers: { err: (error: unknown) => error },
      },
      {
        write: (line) => {
          this.#line = line
        },
      },
    )
    this.#root = boundOf(lines)
  }

  /** One record as a line, with its line break. */
  line(record: PendingRecord, scope: Scope): string {
    this.#setTime(record.time)
    const alone = record.isPlain && !overlaps(record.fields, scope.bound)
    const bound = alone ? this.#of(scope) : this.#root
    const fields = alone ? record.fields : record.extra
    const members = fields === undefined ? '' : this.#flat.json(fields)
    if (members === undefined) return this.#made(bound, record, fields)
    const head = `{"level":"${record.level}","time":${this.#timeText}`
    return `${head}${bound.text}${members},"msg":${jsonText(record.message)}}\n`
  }

  /** Many lines come within one millisecond. */
  #setTime(time: number): void {
    if (time === this.#time) return
    this.#time = time
    this.#timeText = String(time)
  }

  #made({ lines }: Bound, { level, message }: PendingRecord, fields: LogFields | undefined): string {
    if (fields === undefined) lines[level](message)
    else lines[level](this.#renamed(fields), message)
    return this.#line
  }

  #of(scope: Scope): Bound {
    if (scope.bound === undefined) return this.#root
    let child = this.#children.get(scope)
    if (child === undefined) {
      child = boundOf(this.#root.lines.child(this.#renamed(scope.bound)))
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

/** Pino keeps what it has made of the fields of a logger under a symbol that it publishes. */
function boundOf(lines: Lines): Bound {
  return { lines, text: Reflect.get(lines, pino.symbols.chindingsSym) }
}

/** JSON with one name twice means something else to every reader. */
function overlaps(fields: LogFields | undefined, bound: LogFields | undefined): boolean {
  if (bound === undefined) return false
  for (const name in fields) if (Object.hasOwn(bound, name)) return true
  return false
}
