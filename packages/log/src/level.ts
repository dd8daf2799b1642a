import { refusal } from '@posthouse/core/options'

/** The fixed properties of a level. */
export interface LevelFacts {
  /** Its severity; the numbers are loguru's. */
  readonly severity: number
  /** As format strings write it. */
  readonly text: string
  readonly icon: string
  /** What to use it for. */
  readonly meaning: string
}

/** The name of a level, as it stands in JSON lines. */
export type LevelName = 'trace' | 'debug' | 'info' | 'success' | 'warning' | 'error' | 'critical'

/** The levels, from the most to the least talkative. */
export const levels: Readonly<Record<LevelName, LevelFacts>> = {
  trace: { severity: 5, text: 'TRACE', icon: '✏️', meaning: 'each step, to follow one case through the code' },
  debug: {
    severity: 10,
    text: 'DEBUG',
    icon: '🐞',
    meaning: 'details for finding a fault: every request and its answer',
  },
  info: {
    severity: 20,
    text: 'INFO',
    icon: 'ℹ️',
    meaning: 'normal events: a request begins, a request is done',
  },
  success: { severity: 25, text: 'SUCCESS', icon: '✅', meaning: 'something important that went well' },
  warning: { severity: 30, text: 'WARNING', icon: '⚠️', meaning: 'trouble that was overcome: a retry, an odd answer' },
  error: { severity: 40, text: 'ERROR', icon: '❌', meaning: 'a failure: of a request, of a connection' },
  critical: { severity: 50, text: 'CRITICAL', icon: '☠️', meaning: 'the program as a whole cannot do its work' },
}

/** Aliases of levels. */
const otherNames: Readonly<Record<'warn' | 'fatal', LevelName>> = { warn: 'warning', fatal: 'critical' }

/** A level by its name, in lower or upper case, or a severity in between. */
export type Level =
  | LevelName
  | Uppercase<LevelName>
  | keyof typeof otherNames
  | Uppercase<keyof typeof otherNames>
  | number

/** A level, or `silent`, above all of them. */
export type Threshold = Level | 'silent'

const byName: ReadonlyMap<string, LevelName> = new Map([
  ...Object.keys(levels).map((name) => [name, name as LevelName] as const),
  ...Object.entries(otherNames),
])

/** @throws PosthouseError `invalid_option` */
export function levelName(level: string): LevelName {
  const name = byName.get(typeof level === 'string' ? level.toLowerCase() : '')
  if (name === undefined) throw refusal('level', `one of ${[...byName.keys()].join(', ')}`, level)
  return name
}

/** From which severity on something is written. @throws PosthouseError `invalid_option` */
export function severityFrom(threshold: Threshold): number {
  if (typeof threshold === 'number') {
    if (threshold >= 0) return threshold
    throw refusal('level', 'a name or a number from 0 on', threshold)
  }
  return threshold === 'silent' ? Number.POSITIVE_INFINITY : levels[levelName(threshold)].severity
}
