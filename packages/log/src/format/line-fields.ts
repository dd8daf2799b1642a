import { threadId } from 'node:worker_threads'
import { refusal } from '@posthouse/core/options'
import { levels } from '../level.ts'
import type { LogRecord } from '../record/log-record.ts'
import { fieldsText, valueText } from './fields-text.ts'
import { timeText } from './time-text.ts'
import { visible, visibleLine } from './visible.ts'

/** What a field of a format writes for a record. */
export type FieldText = (record: LogRecord) => string

const pid = String(process.pid)
const started = Date.now() - performance.now()

const fields: Readonly<Record<string, FieldText>> = {
  level: ({ level }) => levels[level].text,
  'level.name': ({ level }) => levels[level].text,
  'level.no': ({ severity }) => String(severity),
  'level.icon': ({ level }) => levels[level].icon,
  message: ({ message }) => visible(message),
  name: ({ name, caller }) => visibleLine(name ?? caller.module),
  module: ({ caller }) => caller.module,
  function: ({ caller }) => visibleLine(caller.function),
  line: ({ caller }) => String(caller.line),
  file: ({ caller }) => visibleLine(caller.file),
  'file.name': ({ caller }) => visibleLine(caller.file),
  'file.path': ({ caller }) => visibleLine(caller.path),
  process: () => pid,
  'process.id': () => pid,
  thread: () => String(threadId),
  'thread.id': () => String(threadId),
  elapsed: ({ time }) => elapsedText(time - started),
  extra: ({ extra, exception }) => fieldsText(extra, exception),
}
const known = ['time', ...Object.keys(fields), 'extra[name]', 'exception'].join(', ')

/**
 * What writes a field; for `time` the specification is a pattern.
 * @throws PosthouseError `invalid_option`
 */
export function fieldOf(name: string, specification: string | undefined): FieldText {
  if (name === 'time') {
    const text = timeText(specification ?? 'YYYY-MM-DDTHH:mm:ss.SSSZ')
    return ({ time }) => text(time)
  }
  const [, bracketed, dotted] = /^extra(?:\[([^\]]+)\]|\.(.+))$/.exec(name) ?? []
  const extra = bracketed?.replace(/^(["'])(.*)\1$/, '$2') ?? dotted
  if (extra !== undefined) return ({ extra: all }) => (Object.hasOwn(all, extra) ? valueText(all[extra]) : '')
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) throw refusal('a field in a format', `one of ${known}`, name)
  return field
}

function elapsedText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  const minutes = Math.floor(seconds / 60)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return `${hours}:${String(rest).padStart(2, '0')}:${(seconds % 60).toFixed(6).padStart(9, '0')}`
}
