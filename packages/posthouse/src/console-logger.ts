import type { LogFields, Logger } from '@posthouse/core'
import { type Terminal, visible } from './terminal.ts'

/** The levels of the command's log, from the most to the least talkative. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** A level of the command's log. */
export type LogLevel = (typeof logLevels)[number]

const styles = { debug: 'gray', info: 'cyan', warn: 'yellow', error: 'red' } as const

/** A log for people, on standard error: time, level, message, fields. */
export function consoleLogger(terminal: Terminal, level: LogLevel): Logger {
  const lowest = logLevels.indexOf(level)
  const at = (name: keyof typeof styles) => {
    if (logLevels.indexOf(name) < lowest) return () => undefined
    return (message: string, fields: LogFields = {}) => {
      const time = new Date().toTimeString().slice(0, 8)
      const label = terminal.style(styles[name], name.padEnd(5), terminal.err)
      terminal.note(`${terminal.style('gray', time, terminal.err)} ${label} ${visible(message)}${rendered(fields)}`)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function rendered(fields: LogFields): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${visible(valueText(value))}`)
  return parts.length === 0 ? '' : `  ${parts.join(' ')}`
}

function valueText(value: unknown): string {
  if (value instanceof Error)
    return JSON.stringify(value.cause instanceof Error ? `${value.message}: ${value.cause.message}` : value.message)
  if (typeof value === 'string' && /^[\p{L}\p{N}._:@/-]+$/u.test(value)) return value
  return JSON.stringify(value) ?? String(value)
}
