import type { Components } from '../docs/components.ts'
import type { InputSchemas } from '../request/inputs.ts'
import type { JsonSchema, Schema } from '../schema/schema.ts'
import { toJsonSchema } from '../schema/to-json-schema.ts'

/** The WebSocket binding of a channel: what its handshake brings. Version 0.1.0 of that binding. */
export function bindingOf({ query, headers }: InputSchemas, components: Components): Record<string, unknown> {
  return {
    method: 'GET',
    ...(query !== undefined && { query: objectSchema(query, components) }),
    ...(headers !== undefined && { headers: objectSchema(headers, components) }),
    bindingVersion: '0.1.0',
  }
}

/** The binding wants an object with properties, and no reference to one. */
function objectSchema(schema: Schema, components: Components): JsonSchema {
  const { properties = {}, ...rest } = toJsonSchema(schema, 'input')
  const placed = Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => [
    name,
    components.place({ ...(rest.$defs !== undefined && { $defs: rest.$defs }), ...property }),
  ])
  const { $defs: _, ...own } = rest
  return { ...own, type: 'object', properties: Object.fromEntries(placed) }
}
