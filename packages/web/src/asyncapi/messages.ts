import type { Components } from '../docs/components.ts'
import type { JsonSchema } from '../schema/schema.ts'

/** A Message Object of AsyncAPI 3.0. */
export interface DescribedMessage {
  readonly name: string
  readonly title?: string
  readonly summary?: string
  readonly description?: string
  readonly contentType?: string
  readonly payload: JsonSchema
}

/**
 * The messages of a schema. One that is a choice between schemas is a message for each; each is named by its title. A choice
 * between none, as of the replies of a router that has none, is no message.
 */
export function messagesOf(schema: JsonSchema, name: string, components: Components): DescribedMessage[] {
  const { oneOf, anyOf, ...around } = schema
  const variants = oneOf ?? anyOf
  if (!Array.isArray(variants)) return [messageOf(schema, name, components)]
  const taken = new Set<string>()
  return variants.map((variant: JsonSchema, index) => {
    // What stands beside the choice holds for each variant: definitions above all.
    const whole = { ...around, ...variant }
    const wanted = discriminant(whole) ?? `${name}_${index + 1}`
    const free = taken.has(wanted) ? `${wanted}_${index + 1}` : wanted
    taken.add(free)
    return messageOf(whole, free, components)
  })
}

/** Messages of an endpoint that has no schema for them. */
export function rawMessage(name: string): DescribedMessage {
  return {
    name,
    title: 'Text or bytes',
    contentType: 'application/octet-stream',
    payload: { description: 'As it comes' },
  }
}

/** What a client is told of a message that was refused. */
export function refusedMessage(components: Components): DescribedMessage {
  return {
    name: 'error',
    title: 'A message was refused',
    summary: 'The connection goes on, unless it is closed right behind this',
    payload: components.place(errorFrameSchema),
  }
}

const errorFrameSchema: JsonSchema = {
  id: 'ErrorFrame',
  type: 'object',
  required: ['status', 'message'],
  properties: {
    status: {
      type: 'integer',
      description: 'The HTTP status with two more digits: 40001 not authenticated, 42200 does not fit',
    },
    message: { type: 'string' },
    code: { type: 'string', description: 'A word for programs' },
    errors: {
      type: 'array',
      description: 'What is wrong where in the message',
      items: {
        type: 'object',
        required: ['in', 'pointer', 'detail'],
        properties: { in: { type: 'string' }, pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
}

function messageOf(schema: JsonSchema, fallback: string, components: Components): DescribedMessage {
  const { summary, ...payload } = schema
  const name = typeof schema.title === 'string' ? schema.title : fallback
  return { name, title: name, ...(typeof summary === 'string' && { summary }), payload: components.place(payload) }
}

/** The one word that a field of a variant must have, by which variants are usually told apart. */
function discriminant({ title, properties }: JsonSchema): string | undefined {
  if (typeof title === 'string') return title
  if (typeof properties !== 'object' || properties === null) return undefined
  for (const property of Object.values(properties) as JsonSchema[]) {
    if (typeof property?.const === 'string') return property.const
  }
  return undefined
}
