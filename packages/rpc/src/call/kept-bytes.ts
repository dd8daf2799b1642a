import { base64ToBytes, bytesToBase64 } from '@posthouse/core'

/** Where in a value bytes are: the keys that lead there. */
export type BytePaths = readonly (readonly (string | number)[])[]

/** A value as JSON can say it: bytes are base64 there, and where they were is told beside it. */
export interface PackedBytes {
  readonly value: unknown
  readonly paths: BytePaths
}

/** What JSON makes of bytes that are not none: an object of their numbers, or that of a `Buffer`. */
const traces = ['{"0":', '{"type":"Buffer"'] as const

/** False for the JSON of a value that has no bytes: to look for them in the value itself takes as long as to write it. */
export function mayHaveBytes(json: string): boolean {
  return traces.some((trace) => json.includes(trace))
}

/** Takes the bytes out of a value that JSON can say. */
export function packBytes(value: unknown): PackedBytes {
  const paths: (readonly (string | number)[])[] = []
  const pack = (each: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof each !== 'object' || each === null) return each
    const bytes = bytesOf(each)
    if (bytes !== undefined) {
      paths.push(path)
      return bytesToBase64(bytes)
    }
    if ('toJSON' in each && typeof each.toJSON === 'function') return pack(each.toJSON(), path)
    if (Array.isArray(each)) return each.map((item, at) => pack(item, [...path, at]))
    return Object.fromEntries(Object.entries(each).map(([key, member]) => [key, pack(member, [...path, key])]))
  }
  return { value: pack(value, []), paths }
}

/** Puts them back. The value is changed. */
export function unpackBytes({ value, paths }: PackedBytes): unknown {
  const whole = { value }
  for (const path of paths) {
    let holder: object = whole
    let last: string | number = 'value'
    for (const key of path) {
      holder = Reflect.get(holder, last)
      last = key
    }
    Reflect.set(holder, last, base64ToBytes(Reflect.get(holder, last)))
  }
  return whole.value
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (!ArrayBuffer.isView(value)) return undefined
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}
