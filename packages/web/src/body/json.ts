import { isUtf8 } from 'node:buffer'
import { problem } from '../problem/problem.ts'

/** Deeper than this no body is read: what walks through it later would run out of stack. */
const maxDepth = 64

/** The value of a JSON body. @throws Problem 400 for what is not JSON, is nested too deep, or would poison a prototype */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw badJson('it is not UTF-8')
  const text = bytes.toString('utf8')
  if (hasManyLevels(text) && isTooDeep(bytes)) throw badJson(`it is nested deeper than ${maxDepth} levels`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw badJson('it is not JSON', cause)
  }
  if (maySayPrototype(text) && isPoisoned(value)) throw badJson('it has a member that would change a prototype')
  return value
}

function badJson(reason: string, cause?: unknown): Error {
  return problem(400, `The body cannot be read: ${reason}`, { code: 'invalid_json', cause })
}

const quote = 0x22
const backslash = 0x5c
/** What each byte does to the depth. */
const steps = new Int8Array(256)
for (const [character, step] of [
  ['[', 1],
  ['{', 1],
  [']', -1],
  ['}', -1],
] as const)
  steps[character.charCodeAt(0)] = step

/** A glance that spares nearly all bodies the walk: what opens fewer levels than are allowed is not nested deeper. */
function hasManyLevels(text: string): boolean {
  return count(text, '{') + count(text, '[') > maxDepth
}

function count(text: string, character: string): number {
  let found = 0
  for (let at = text.indexOf(character); at !== -1 && found <= maxDepth; at = text.indexOf(character, at + 1)) found++
  return found
}

function isTooDeep(bytes: Buffer): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === quote) at = endOfText(bytes, at)
    else depth += steps[byte] ?? 0
    if (depth > maxDepth) return true
  }
  return false
}

/** Where the text that begins at `start` ends. */
function endOfText(bytes: Buffer, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === backslash) at++
    else if (byte === quote) return at
  }
  return bytes.length
}

/** A glance again. Each search begins with a character that is rare in JSON, so it skips as fast as memory is read. */
function maySayPrototype(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u') || text.includes('constructor')
}

/** True for what would change the prototype of whatever the body is merged into. */
function isPoisoned(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Object.hasOwn(value, '__proto__')) return true
  if (Object.hasOwn(value, 'constructor')) {
    const made: unknown = (value as { constructor: unknown }).constructor
    if (typeof made === 'object' && made !== null && Object.hasOwn(made, 'prototype')) return true
  }
  return Object.values(value).some(isPoisoned)
}
