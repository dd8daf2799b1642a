/**
 * The value as `JSON.stringify` should see it: sets become lists, and maps with text keys objects. A value without any is
 * handed back as it is.
 */
export function jsonable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Set) return Array.from(value, jsonable)
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, item]) => [String(key), jsonable(item)]))
  if (Array.isArray(value)) return mapList(value)
  // Whatever says itself how it becomes JSON, such as a date, is asked by JSON.stringify.
  if ('toJSON' in value) return value
  return mapObject(value as Record<string, unknown>)
}

function mapList(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'object' || item === null) continue
    const read = jsonable(item)
    if (read === item) continue
    copy ??= [...list]
    copy[index] = read
  }
  return copy ?? list
}

function mapObject(object: Record<string, unknown>): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const key in object) {
    const item = object[key]
    if (typeof item !== 'object' || item === null) continue
    const read = jsonable(item)
    if (read === item) continue
    copy ??= { ...object }
    copy[key] = read
  }
  return copy ?? object
}
