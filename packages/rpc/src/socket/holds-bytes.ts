/** True for what the library sends as binary parts, and for what has such a thing in it. Only what JSON can say comes here. */
export function holdsBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob) return true
  if ('toJSON' in value && typeof value.toJSON === 'function') return holdsBytes(value.toJSON())
  if (Array.isArray(value)) return value.some(holdsBytes)
  // What JSON can say has no keys but its own; a list of them would be made for each answer.
  for (const key in value) if (holdsBytes(value[key as keyof typeof value])) return true
  return false
}
