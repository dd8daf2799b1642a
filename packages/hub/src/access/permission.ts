/**
 * What a client may do. `send` and `request` name whom, `see` whose presence; `administer` the hub's own procedures.
 */
export type Operation = 'send' | 'request' | 'see' | 'administer'

/** Allows operations on addresses. What no permission allows is forbidden. */
export interface Permission {
  readonly operations: readonly Operation[]
  /** Patterns of addresses: `*` stands for any run of characters, `{client}` for the client's own id. */
  readonly addresses: readonly string[]
}
