/**
 * What a client may do. `send` and `request` name whom, `see` whose presence, `join` which groups, `subscribe` which channels
 * and queues, `administer` the hub's own methods.
 */
export type Operation = 'send' | 'request' | 'see' | 'join' | 'subscribe' | 'administer'

/** Every operation that there is. */
export const operations: readonly Operation[] = ['send', 'request', 'see', 'join', 'subscribe', 'administer']

/** Allows operations on addresses. What no permission allows is forbidden. */
export interface Permission {
  readonly operations: readonly Operation[]
  /**
   * Patterns of addresses: `*` alone means every address, a bare pattern ids of clients, `all`, `hub`, `group:…`,
   * `channel:…` and `queue:…` what they say. In a name `*` stands for any run of characters and `{client}` for the client's
   * own id; in a channel's name `*` stays inside one part, and the part `**` stands for any number of parts. Spec: 6.6.
   */
  readonly addresses: readonly string[]
  /**
   * Patterns of methods: `request` is allowed of these only, where `*` stands for any run of characters and `{client}` for the
   * client's own id. Procedures of a node are methods of `hub`. Default: every method.
   */
  readonly methods?: readonly string[]
}
