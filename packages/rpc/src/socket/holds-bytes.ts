/** True for what the library sends as binary parts, and for what has such a thing in it. Only what JSON can say comes here. */
export function holdsBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob) return true
  if ('toJSON' in value && typeof value.toJSON === 'function') return holdsBytes(value.toJSON())
  for (const each of Object.values(value)) if (holdsBytes(each)) return true
  return false
}
