import { refusal } from '@posthouse/core/options'
import type { LevelName } from '../level.ts'

const colours = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']
const styles: Readonly<Record<string, number>> = {
  bold: 1,
  b: 1,
  dim: 2,
  d: 2,
  italic: 3,
  i: 3,
  underline: 4,
  u: 4,
  blink: 5,
  reverse: 7,
  v: 7,
  hide: 8,
  strike: 9,
  s: 9,
  normal: 22,
  n: 22,
}

/** Ends every style. */
export const resetStyle = '\x1b[0m'

const levelStyles: Readonly<Record<LevelName, string>> = {
  trace: '\x1b[36m\x1b[1m',
  debug: '\x1b[34m\x1b[1m',
  info: '\x1b[1m',
  success: '\x1b[32m\x1b[1m',
  warning: '\x1b[33m\x1b[1m',
  error: '\x1b[31m\x1b[1m',
  critical: '\x1b[41m\x1b[1m',
}

/** How `<level>` looks for a level. */
export function levelStyle(level: LevelName): string {
  return levelStyles[level]
}

/**
 * What a terminal is told at a colour tag; `level` where that depends on the record.
 * @throws PosthouseError `invalid_option`
 */
export function styleOf(tag: string): string | 'level' {
  if (tag === 'level' || tag === 'lvl') return 'level'
  const style = Object.hasOwn(styles, tag) ? styles[tag] : undefined
  const code = style ?? foreground(tag) ?? background(tag)
  if (code !== undefined) return `\x1b[${code}m`
  const known = `level, bold, dim, italic, underline, ${colours.join(', ')}, light-red, RED, bg red`
  throw refusal('a colour tag in a format', `one of ${known} and the like (\\< is a plain <)`, tag)
}

function foreground(tag: string): number | undefined {
  const name = tag.replace(/^fg /, '')
  const plain = colours.indexOf(name)
  if (plain >= 0) return 30 + plain
  const light = name.startsWith('light-') ? colours.indexOf(name.slice(6)) : -1
  return light >= 0 ? 90 + light : undefined
}

function background(tag: string): number | undefined {
  const named = tag.startsWith('bg ') || (tag === tag.toUpperCase() && tag !== tag.toLowerCase())
  const code = named ? foreground(tag.replace(/^bg /, '').toLowerCase()) : undefined
  return code === undefined ? undefined : code + 10
}

/** Whether a terminal wants colours: `FORCE_COLOR` and `NO_COLOR` say so, otherwise it is one or it is not. */
export function wantsColour(
  stream: { readonly isTTY?: boolean | undefined },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  const { FORCE_COLOR: force, NO_COLOR: no } = env
  if (no !== undefined && no !== '') return false
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  return stream.isTTY === true && env.TERM !== 'dumb'
}
