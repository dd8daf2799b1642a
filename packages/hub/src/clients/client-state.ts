import { PosthouseError } from '@posthouse/core'

/** What a client says about itself in presence: plain data that every dialect can say. */
export interface ClientState {
  readonly value: unknown
  /** The value as JSON text. */
  readonly json: string
}

/** Most bytes of a state as JSON text. Spec: 5.1.3. */
const maxStateBytes = 4096
/** Deepest nesting of a state, which stands some levels deep in a frame itself. */
const maxStateDepth = 16

/**
 * Reads a state as a frame carries it; `null` stands for none.
 * @throws PosthouseError `invalid_field`
 */
export function readState(raw: unknown): ClientState | undefined {
  if (raw === null) return undefined
  const value = plain(raw, 0)
  const json = JSON.stringify(value)
  const bytes = Buffer.byteLength(json)
  if (bytes <= maxStateBytes) return { value, json }
  throw invalid(`has ${bytes} bytes as JSON; at most ${maxStateBytes} are allowed`)
}

function plain(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number' || typeof value === 'bigint') return finite(Number(value))
  if (typeof value !== 'object' || ArrayBuffer.isView(value)) throw invalid('may hold what JSON can say, but no bytes')
  if (depth >= maxStateDepth) throw invalid(`is nested deeper than ${maxStateDepth} levels`)
  if (Array.isArray(value)) return value.map((each) => plain(each, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [memberName(name), plain(each, depth + 1)]))
}

function memberName(name: string): string {
  if (name === '__proto__') throw invalid('must not have a member named __proto__')
  return text(name)
}

function text(value: string): string {
  if (value.isWellFormed()) return value
  throw invalid('has half a surrogate pair in a string')
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw invalid(`holds ${value}, for which JSON has no word`)
}

function invalid(reason: string): PosthouseError {
  return new PosthouseError('invalid_field', `presence: state ${reason}`)
}
