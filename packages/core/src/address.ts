import { PosthouseError } from './errors.ts'

/** What an address names: one client, a group, a channel, a work queue, everyone, or the hub itself. */
export type AddressKind = 'client' | 'group' | 'channel' | 'queue' | 'all' | 'hub'

/** A parsed address. `name` is empty for `all` and `hub`. */
export interface Address {
  readonly kind: AddressKind
  readonly name: string
}

/** Longest client id or group, channel or queue name, in Unicode code points. */
export const maxNameLength = 128

const prefixes: ReadonlyMap<string, AddressKind> = new Map([
  ['client', 'client'],
  ['group', 'group'],
  ['channel', 'channel'],
  ['queue', 'queue'],
])
const reservedIds: ReadonlySet<string> = new Set(['all', 'hub', 'server'])
const controlCharacter = /\p{Cc}/u

/** An address that was read, with its shortest spelling. */
interface Known {
  readonly text: string
  readonly address: Address
  readonly canonical: string
}

/** A power of two. */
const lately = 1024
/** The addresses that were read lately: a message needs its own several times, and the same ones come again and again. */
const slots: (Known | undefined)[] = Array.from({ length: lately }, () => undefined)

function known(text: string): Known {
  const { length } = text
  const ends = (text.charCodeAt(length - 1) * 31 + text.charCodeAt(length - 2)) * 31 + text.charCodeAt(length - 3)
  const slot = (ends + length * 7 + text.charCodeAt(0)) & (lately - 1)
  const found = slots[slot]
  if (found?.text === text) return found
  const address = readAddress(text)
  const fresh = { text, address, canonical: formatAddress(address) }
  slots[slot] = fresh
  return fresh
}

/**
 * Reads an address: a bare client id, `client:<id>`, `group:<name>`, `channel:<dotted.name>`, `queue:<name>`, `all` or
 * `hub` (`server` is accepted for `hub`). Source: spec/protocol.md, "Addresses".
 * @throws PosthouseError `invalid_address`
 */
export function parseAddress(text: string): Address {
  return known(text).address
}

function readAddress(text: string): Address {
  if (text === 'all') return { kind: 'all', name: '' }
  if (text === 'hub' || text === 'server') return { kind: 'hub', name: '' }
  const colon = text.indexOf(':')
  const kind = colon > 0 ? prefixes.get(text.slice(0, colon)) : undefined
  const name = kind === undefined ? text : text.slice(colon + 1)
  if (kind === undefined || kind === 'client') {
    if (!isClientId(name)) throw invalidAddress(text, 'it holds no valid client id')
    return { kind: 'client', name }
  }
  if (!isName(name)) throw invalidAddress(text, `a ${kind} name has 1 to ${maxNameLength} characters, no control ones`)
  if (kind === 'channel' && name.split('.').includes('')) throw invalidAddress(text, 'a channel name has an empty part')
  return { kind, name }
}

/** The shortest text that `parseAddress` reads as this address. */
export function formatAddress(address: Address): string {
  if (address.kind === 'all' || address.kind === 'hub') return address.kind
  return address.kind === 'client' ? clientAddress(address.name) : `${address.kind}:${address.name}`
}

/**
 * The shortest spelling of an address.
 * @throws PosthouseError `invalid_address`
 */
export function canonicalAddress(text: string): string {
  return known(text).canonical
}

/** The address of a client: its bare id, or `client:<id>` where the id looks like another address. */
export function clientAddress(id: string): string {
  const colon = id.indexOf(':')
  return colon > 0 && prefixes.has(id.slice(0, colon)) ? `client:${id}` : id
}

/**
 * The id itself, where a client may log in with it.
 * @throws PosthouseError `invalid_client_id`
 */
export function assertClientId(id: string): string {
  if (isClientId(id)) return id
  const rule = `it must have 1 to ${maxNameLength} characters, no control characters, and not be all, hub or server`
  throw new PosthouseError('invalid_client_id', `${JSON.stringify(id.slice(0, 100))} is no client id: ${rule}`)
}

/** True for an id that a client may log in with. */
export function isClientId(id: string): boolean {
  return isName(id) && !reservedIds.has(id)
}

function isName(name: string): boolean {
  if (name.length === 0 || name.length > maxNameLength * 2) return false
  if (controlCharacter.test(name) || !name.isWellFormed()) return false
  return name.length <= maxNameLength || [...name].length <= maxNameLength
}

function invalidAddress(text: string, reason: string): PosthouseError {
  return new PosthouseError('invalid_address', `${JSON.stringify(text.slice(0, 200))} is not an address: ${reason}`)
}
