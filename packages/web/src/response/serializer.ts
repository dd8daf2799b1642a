import fastJsonStringify from 'fast-json-stringify'
import { type Fault, faultsOf } from '../problem/fault.ts'
import { problem } from '../problem/problem.ts'
import { onFirstUse } from '../schema/on-first-use.ts'
import type { JsonSchema, Schema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import { trimmingValidator } from '../schema/validator.ts'
import { jsonable } from './jsonable.ts'
import { openSchema } from './open-schema.ts'

/** Makes the JSON of what a handler returned. */
export type Serialize = (value: unknown) => string

/** Without a schema everything goes out, and nothing at all as `null`. */
export const plainJson: Serialize = (value) => JSON.stringify(jsonable(value)) ?? 'null'

/**
 * Serialises by the output side of `schema`: only what it names goes out.
 *
 * @param checked whether a value that does not fit is answered with 500 and its faults
 */
export function serializerOf(schema: Schema, checked: boolean): Serialize {
  const described = toJsonSchema(schema, 'output')
  const fast = onFirstUse(() => fastStringify(described))
  const stringify: Serialize = (value) => fast()(value)
  if (!checked) return stringify
  const validate = trimmingValidator(openSchema(described, false))
  return (value) => {
    const { issues } = validate(JSON.parse(plainJson(value)))
    if (issues !== undefined) throw unfitResponse(faultsOf('response', issues))
    return stringify(value)
  }
}

function fastStringify(schema: JsonSchema): Serialize {
  try {
    const stringify = fastJsonStringify(openSchema(schema, true))
    return (value) => stringify(jsonable(value))
  } catch {
    return slowStringify(schema)
  }
}

/** A schema with words that the fast way does not know takes this one, which leaves out the same. */
function slowStringify(schema: JsonSchema): Serialize {
  const trim = trimmingValidator(schema)
  return (value) => {
    const copy: unknown = JSON.parse(plainJson(value))
    trim(copy)
    return JSON.stringify(copy)
  }
}

function unfitResponse(errors: readonly Fault[]): Error {
  return problem(500, 'The handler returned what its response schema does not allow; errors says where', {
    code: 'invalid_response',
    errors,
  })
}
