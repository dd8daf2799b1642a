import { type ErrorCode, PosthouseError } from './errors.ts'

/** What an address names: one client, a group, a channel, a work queue, everyone, or the hub itself. */
export type AddressKind = 'client' | 'group' | 'channel' | 'queue' | 'all' | 'hub'

/** A parsed address. `name` is empty for `all` and `hub`. */
export interface Address {
  readonly kind: AddressKind
  readonly name: string
}

/** Longest client id or group, channel or queue name, in Unicode code points. */
export const maxNameLength = 128

const prefixed = /^(client|group|channel|queue):(.*)$/s
const reservedId = /^(all|hub|server)$/
/** No control characters and no halves of surrogate pairs; as many of the others as `maxNameLength`. */
const wholeName = /^[^\p{Cc}\p{Cs}]{1,128}$/u
const nameRule = 'a name has 1 to 128 characters, no control ones, and no empty parts; all, hub and server are reserved'

/**
 * Reads an address: a bare client id, `client:<id>`, `group:<name>`, `channel:<dotted.name>`, `queue:<name>`, `all` or
 * `hub` (`server` is accepted for `hub`). Source: spec/protocol.md, "Addresses".
 * @throws PosthouseError `invalid_address`
 */
export function readAddress(text: string): Address {
  const address = canonicalAddress(text)
  if (address === 'all' || address === 'hub') return { kind: address, name: '' }
  const [, kind = 'client', name = address] = prefixed.exec(address) ?? []
  // The expression lets no other kind through.
  return { kind: kind as AddressKind, name }
}

/** The shortest text that is read as this address. */
export function formatAddress(address: Address): string {
  if (address.kind === 'all' || address.kind === 'hub') return address.kind
  return address.kind === 'client' ? clientAddress(address.name) : `${address.kind}:${address.name}`
}

/**
 * The shortest spelling of an address.
 * @throws PosthouseError `invalid_address`
 */
export function canonicalAddress(text: string): string {
  if (reservedId.test(text)) return text === 'server' ? 'hub' : text
  const [, kind, name = text] = prefixed.exec(text) ?? []
  const client = kind === undefined || kind === 'client'
  const gap = kind === 'channel' && `.${name}.`.includes('..')
  if (gap || !wholeName.test(name) || (client && reservedId.test(name))) {
    throw invalid('invalid_address', 'address', text)
  }
  return client ? clientAddress(name) : text
}

/** The address of a client: its bare id, or `client:<id>` where the id looks like another address. */
export function clientAddress(id: string): string {
  return prefixed.test(id) ? `client:${id}` : id
}

/**
 * The id itself, where a client may log in with it.
 * @throws PosthouseError `invalid_client_id`
 */
export function assertClientId(id: string): string {
  if (isClientId(id)) return id
  throw invalid('invalid_client_id', 'client id', id)
}

/** True for an id that a client may log in with. */
export function isClientId(id: string): boolean {
  return wholeName.test(id) && !reservedId.test(id)
}

/** The name in the store of how far `client` has come in `stream`: for `inbox` the client id, so that an inbox has its own. */
export function cursorName(client: string, stream: string): string {
  return stream === 'inbox' ? client : `${client}\n${stream}`
}

/**
 * The inbox in the store of what waits in a queue with one priority, 0 to 9. No client can have its name, and sorted by
 * name the highest priority comes first.
 */
export function queueInbox(queue: string, priority: number): string {
  return `\nqueue\n${queue}\n${9 - priority}`
}

function invalid(code: ErrorCode, what: string, text: string): PosthouseError {
  return new PosthouseError(code, `${JSON.stringify(text.slice(0, 100))} is no ${what}: ${nameRule}`)
}
