/** Says what is wrong with a value, or nothing. */
export type Check = (value: unknown) => string | undefined

/** The fields of one op: `?name` is optional. Fields that are not listed are ignored. */
export type Shape = Readonly<Record<string, Check>>

/** The shapes of all that one end may say, by op. */
export type Shapes = Readonly<Record<string, Shape>>

/** What one end may say. */
export interface Grammar {
  readonly shapes: Shapes
  /** What no single field of an op shows, in words, or nothing. */
  readonly contradiction: (op: string, raw: Readonly<Record<string, unknown>>) => string | undefined
}

interface Field {
  readonly name: string
  readonly optional: boolean
  readonly check: Check
}

const compiled = new WeakMap<Shape, readonly Field[]>()

/** The first field that does not fit, in words, or nothing. */
export function misfit(value: Readonly<Record<string, unknown>>, shape: Shape): string | undefined {
  for (const { name, optional, check } of fieldsOf(shape)) {
    const field = value[name]
    if (field === undefined) {
      if (!optional) return `${name} is missing`
      continue
    }
    const problem = check(field)
    if (problem !== undefined) return `${name} ${problem}`
  }
  return undefined
}

/** The names and marks of a shape are taken apart once and not for every frame. */
function fieldsOf(shape: Shape): readonly Field[] {
  let fields = compiled.get(shape)
  if (fields === undefined) {
    fields = Object.entries(shape).map(([key, check]) => {
      const optional = key.startsWith('?')
      return { name: optional ? key.slice(1) : key, optional, check }
    })
    compiled.set(shape, fields)
  }
  return fields
}

/** True for an object that is neither null nor an array nor bytes. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
