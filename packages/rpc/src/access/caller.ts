/** Who makes a call. */
export interface Caller {
  /** Tells callers apart; what is remembered of calls is kept under it. */
  readonly id: string
  /** The name that a token proved; nothing for an anonymous caller. */
  readonly name?: string | undefined
  /** Whether it may use what needs this permission; of a procedure without one that is the procedure's own name. */
  may(permission: string): boolean
}
