import type { Execution } from './policy.ts'

/** Says what an execution counts as; executions with the same key share one state. */
export type KeyOf = (execution: Execution) => string

/** The key of the execution; all without one count as one. */
export const keyOfExecution: KeyOf = ({ key }) => key ?? ''
