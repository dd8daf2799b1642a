import { types } from 'node:util'

const { isNativeError } = types

/** An error as plain data: in JSON lines, and for `{exception}`. */
export interface DescribedError {
  /** The name of its class. */
  readonly type: string
  readonly message: string
  readonly stack: string
  readonly cause?: unknown
  /** The errors of an AggregateError. */
  readonly errors?: readonly unknown[]
  /** What else it carries, such as `code`. */
  readonly [name: string]: unknown
}

/** What cleans the values of an error. */
interface Cleaner {
  value(value: unknown): unknown
  named(name: string, value: unknown): unknown
}

/** True for errors, also of another realm, such as that of `node:vm`; false for what cannot be looked at. */
export function isError(value: unknown): value is Error {
  try {
    return isNativeError(value) || value instanceof Error
  } catch {
    return false
  }
}

/** What a value says, whatever it is: the message of an error, otherwise the value as a text. */
export function textOf(value: unknown): string {
  try {
    return String(isError(value) ? value.message : value)
  } catch {
    return '[unreadable]'
  }
}

const described = new WeakSet<object>()
const own = new Set(['name', 'message', 'stack', 'cause', 'errors', 'type'])

/** An error with its causes and everything else that it carries, cleaned. */
export function describeError(error: Error, cleaner: Cleaner): DescribedError {
  const { cause, errors } = error as { cause?: unknown; errors?: unknown }
  const copy: Record<string, unknown> = {
    type: error.constructor?.name || error.name,
    message: cleaner.value(String(error.message)),
    stack: cleaner.value(String(error.stack ?? `${error.name}: ${error.message}`)),
  }
  for (const name of Object.keys(error)) {
    if (!own.has(name)) copy[name] = cleaner.named(name, Reflect.get(error, name))
  }
  if (cause !== undefined) copy.cause = cleaner.value(cause)
  if (Array.isArray(errors)) copy.errors = cleaner.value(errors)
  described.add(copy)
  // Made above, field by field.
  return copy as unknown as DescribedError
}

/** True for what `describeError` made. */
export function isDescribedError(value: unknown): value is DescribedError {
  return typeof value === 'object' && value !== null && described.has(value)
}
