import { escapePointer, type SchemaIssue } from '@posthouse/core'

/** Where in a request something can be wrong. */
export type Place = 'params' | 'query' | 'headers' | 'cookies' | 'body' | 'message' | 'response'

/** One fault of a request: where it lies, and what is wrong there. */
export interface Fault {
  readonly in: Place
  /** A JSON pointer as URI fragment (RFC 6901, section 6): `#/items/0/price`, or `#` for the whole. */
  readonly pointer: string
  readonly detail: string
}

/** What a schema complained of, as faults of one part of a request. */
export function faultsOf(place: Place, issues: readonly SchemaIssue[]): Fault[] {
  return issues.map(({ message, path = [] }) => ({ in: place, pointer: pointerOf(path), detail: message }))
}

function pointerOf(path: NonNullable<SchemaIssue['path']>): string {
  return `#${path.map((step) => `/${escapeToken(typeof step === 'object' ? step.key : step)}`).join('')}`
}

function escapeToken(key: PropertyKey): string {
  // A lone surrogate has no URI form.
  return encodeURIComponent(escapePointer(key).toWellFormed())
}
