/** Who makes a call. */
export interface Caller {
  /** Tells callers apart; what is remembered of calls is kept under it. */
  readonly id: string
  /** True where it cannot prove later who it was, so that nothing has to be remembered for it. Default false. */
  readonly fleeting?: boolean | undefined
  /** The name that a token proved; nothing for an anonymous caller. */
  readonly name?: string | undefined
  /** Whether it may use what needs this permission; of a procedure without one that is the procedure's own name. */
  may(permission: string): boolean
  /** False once what proved its name does not hold any more. Default: it does. */
  holds?(): boolean
}
