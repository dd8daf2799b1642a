import { usualTimeoutMs } from './procedure.ts'
import type { Entry } from './registry.ts'
import type { Schema } from './schema.ts'

/** What there is to know of a procedure from outside. */
export interface ProcedureInfo {
  readonly name: string
  readonly description?: string | undefined
  readonly input?: Schema | undefined
  readonly output?: Schema | undefined
  /** True where its answer comes in items. */
  readonly streaming: boolean
  readonly idempotent: boolean
  /** In milliseconds; may be endless. */
  readonly timeoutMs: number
  readonly concurrency?: number | undefined
  /** What a caller must be allowed. */
  readonly permission: string
}

export function procedureInfo({ name, procedure: { options, streaming } }: Entry): ProcedureInfo {
  const { description, input, output, idempotent = false, timeoutMs = usualTimeoutMs, concurrency } = options
  const { permission = name } = options
  return { name, description, input, output, streaming, idempotent, timeoutMs, concurrency, permission }
}
