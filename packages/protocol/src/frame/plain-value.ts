import { maxDepth } from './codec.ts'

/** The frame, which stands around a body on the wire and counts towards the depth limit. */
export const outerLevels = 1

/**
 * True for what every encoder writes right as it is, which takes a fraction of the time of making it so: words of JSON, arrays
 * and plain objects of them, no deeper than a body may be.
 */
export function isPlain(value: unknown, levels: number = maxDepth - outerLevels): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || levels === 0 || 'toJSON' in value) return false
  if (Array.isArray(value)) return value.every((each) => isPlain(each, levels - 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const each of Object.values(value)) if (!isPlain(each, levels - 1)) return false
  return true
}
