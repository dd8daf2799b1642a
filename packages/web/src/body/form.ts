import type { StandardSchema } from '@posthouse/core'
import { parseQuery } from '../request/request-view.ts'
import { coercionOf } from '../schema/coerce.ts'
import { toStandard } from '../schema/json-schema.ts'
import type { InputOf, OutputOf, Schema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'
import { type BodySchema, withKind } from './body-kind.ts'
import { readBytes } from './read-bytes.ts'

/** A body that a form sends (`application/x-www-form-urlencoded`). Its text becomes what the schema wants. */
export function form<const S extends Schema>(schema: S): BodySchema<InputOf<S>, OutputOf<S>> {
  // The types of a schema are those of the standard one that stands for it.
  const standard = toStandard(schema) as StandardSchema<InputOf<S>, OutputOf<S>>
  const coerce = coercionOf(toJsonSchema(schema, 'input'))
  return withKind(standard, {
    mediaTypes: ['application/x-www-form-urlencoded'],
    streamed: false,
    read: async (body) => coerce({ ...parseQuery((await readBytes(body)).toString('utf8')) }),
    // The schema says whether it can do without.
    absent: () => undefined,
    describe: () => toJsonSchema(schema, 'input'),
  })
}
