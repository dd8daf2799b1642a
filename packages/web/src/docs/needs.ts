import type { Dependencies, Dependency } from '../dependencies/depends.ts'
import type { InputSchemas } from '../request/inputs.ts'
import type { SecurityScheme } from '../security/scheme.ts'

/** What a route asks of a request, itself and by all that it depends on. */
export interface Needs {
  readonly inputs: readonly InputSchemas[]
  readonly security: readonly SecurityScheme[]
}

/** What an endpoint and its dependencies, near and far, ask of a request. */
export function needsOf(options: InputSchemas & { dependencies?: Dependencies }, guards: readonly Dependency[]): Needs {
  const seen = new Set<Dependency>()
  const visit = (dependency: Dependency) => {
    if (seen.has(dependency)) return
    seen.add(dependency)
    for (const inner of Object.values(dependency.options.dependencies ?? {})) visit(inner)
  }
  for (const dependency of [...guards, ...Object.values(options.dependencies ?? {})]) visit(dependency)
  const security = [...seen].flatMap((dependency) => dependency.options.security ?? [])
  return { inputs: [options, ...[...seen].map((dependency) => dependency.options)], security }
}
