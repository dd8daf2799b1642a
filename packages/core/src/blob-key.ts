import { PosthouseError } from './errors.ts'
import { randomHex } from './ids.ts'

/** The longest key that each kind of bucket takes, in bytes of UTF-8. */
const maxKeyBytes = 1023
const encoder = new TextEncoder()
/** What could lead somewhere else when the key becomes a path: a part that is empty, `.` or `..`. */
const badPart = /(^|\/)\.{0,2}(\/|$)/
const badCharacter = /[\p{Cc}\p{Cs}\\]/u

/** A new key for a file of `client`, in the form `cross_comm/<client>/<unix ms>_<8 hex><ext>`; `fileName` gives the extension. */
export function createBlobKey(client: string, fileName: string, now: number = Date.now()): string {
  return `${blobFolder(client)}${Math.trunc(now)}_${randomHex(4)}${extensionOf(fileName)}`
}

/** What the keys of all files of `client` begin with, and of no other client. */
export function blobFolder(client: string): string {
  // Two ids never share a folder: the sign that encodes is encoded itself.
  return `cross_comm/${client.replace(/[%/\\]|^\.{1,2}$/g, encodeCharacters)}/`
}

/**
 * True for a key that only `client` makes: in its folder, or, as Java programs of cross_comm make them,
 * `<client>_<unix ms>_<name>`.
 */
export function isBlobOf(client: string, key: string): boolean {
  if (key.startsWith(blobFolder(client))) return true
  return key.startsWith(`${client}_`) && /^\d{13}_[^/]+$/.test(key.slice(client.length + 1))
}

/**
 * The key itself, where a file may have it: those of the documented form, and whatever else other programs put into a bucket.
 * @throws PosthouseError `invalid_key`
 */
export function assertBlobKey(key: string): string {
  const long = key.length > maxKeyBytes || encoder.encode(key).length > maxKeyBytes
  if (!long && !badPart.test(key) && !badCharacter.test(key)) return key
  throw new PosthouseError('invalid_key', `${JSON.stringify(key.slice(0, 100))} can be the key of no file`)
}

/** With its dot, as `pathlib` understands it; nothing where it has other characters than letters, digits, _ and -. */
function extensionOf(fileName: string): string {
  return /[^./\\](\.[\p{L}\p{N}_-]{1,32})$/u.exec(fileName)?.[1] ?? ''
}

function encodeCharacters(text: string): string {
  return Array.from(text, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`).join('')
}
