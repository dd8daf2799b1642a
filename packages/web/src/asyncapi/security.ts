import type { SecurityScheme } from '../security/scheme.ts'

/** A Security Scheme Object of OpenAPI in the words of AsyncAPI 3.0. */
export function asyncSecurity({ describe, scopes = [] }: SecurityScheme): Record<string, unknown> {
  const { type, flows, ...rest } = describe
  if (type === 'apiKey') return { ...rest, type: 'httpApiKey' }
  if (type !== 'oauth2') return { ...rest, type }
  return { ...rest, type, flows: renamedScopes(flows), scopes }
}

/** What OpenAPI calls the scopes of a flow are its available scopes here. */
function renamedScopes(flows: unknown): Record<string, unknown> {
  const entries = Object.entries((flows ?? {}) as Record<string, Record<string, unknown>>)
  return Object.fromEntries(
    entries.map(([name, { scopes = {}, ...flow }]) => [name, { ...flow, availableScopes: scopes }]),
  )
}
