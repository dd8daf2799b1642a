import { PosthouseError, reasonOf } from '@posthouse/core'
import { InvalidArgumentError, Option } from 'commander'
import { parseDuration } from './duration.ts'

/** Runs a parser of ours and lets commander report what it refuses. */
export function checked<Value>(parse: (word: string) => Value): (word: string) => Value {
  return (word) => {
    try {
      return parse(word)
    } catch (error) {
      throw new InvalidArgumentError(reasonOf(error))
    }
  }
}

/** An option that takes a duration. Its help names the default as it would be written. */
export function durationOption(flags: string, help: string, defaultMs: number): Option {
  const days = defaultMs / 86_400_000
  const shown = Number.isInteger(days) ? `${days}d` : `${defaultMs / 1000}s`
  return new Option(flags, help).argParser(checked(parseDuration)).default(defaultMs, shown)
}

const collecting = new WeakSet<object>()

/** The same for an option that takes several words, or may be given several times. */
export function collected<Value>(
  parse: (word: string) => Value,
): (word: string, earlier?: readonly Value[]) => readonly Value[] {
  const parseOne = checked(parse)
  const collect = (word: string, earlier: readonly Value[] = []): readonly Value[] => [...earlier, parseOne(word)]
  collecting.add(collect)
  return collect
}

/** True for an option that takes several words, or may be given several times. */
export function takesSeveral({ variadic, parseArg }: Option): boolean {
  return variadic || (parseArg !== undefined && collecting.has(parseArg))
}

/** @throws PosthouseError `invalid_option` */
export function parsePort(word: string): number {
  const port = Number(word)
  if (/^\d+$/.test(word) && port <= 65_535) return port
  throw new PosthouseError('invalid_option', 'a port is a number from 0 to 65535')
}

/** @throws PosthouseError `invalid_option` */
export function parseCount(word: string): number {
  const count = Number(word)
  if (/^\d+$/.test(word) && count > 0 && Number.isSafeInteger(count)) return count
  throw new PosthouseError('invalid_option', 'a count is a whole number from 1')
}

/** The position of one message. @throws PosthouseError `invalid_option` */
export function parsePosition(word: string): number {
  const position = Number(word)
  if (/^\d+$/.test(word) && position > 0 && Number.isSafeInteger(position)) return position
  throw new PosthouseError('invalid_option', 'a position is a whole number from 1')
}

/** @throws PosthouseError `invalid_option` */
export function parsePriority(word: string): number {
  if (/^[0-9]$/.test(word)) return Number(word)
  throw new PosthouseError('invalid_option', 'a priority is a number from 0 to 9')
}

/** A rate of messages or connections a second, or `off`. @throws PosthouseError `invalid_option` */
export function parseRate(word: string): number | false {
  return word === 'off' ? false : parseCount(word)
}

const sizes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1_048_576, g: 1_073_741_824 }

/** A number of bytes, such as `512k` or `64M`, or `off`. @throws PosthouseError `invalid_option` */
export function parseBytes(word: string): number | false {
  if (word === 'off') return false
  const [, amount, unit = ''] = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(word) ?? []
  const bytes = Number(amount) * (sizes[unit.toLowerCase()] ?? Number.NaN)
  if (bytes > 0) return bytes
  throw new PosthouseError('invalid_option', `${JSON.stringify(word)} is not a number of bytes: write 512k, 64M or off`)
}
