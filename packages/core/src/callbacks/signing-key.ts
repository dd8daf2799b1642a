import { base64ToBytes, bytesToBase64 } from '../base64.ts'
import { PosthouseError } from '../errors.ts'

/** What keys of this scheme begin with. */
const prefix = 'whsec_'
/** Bytes of a new key, and the fewest that one may have. */
const keyBytes = 32
const fewestBytes = 24

/** The type has no name of its own where neither Node's types nor those of browsers are global. */
type ImportedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

const imported = new Map<string, Promise<ImportedKey>>()
/** So many are remembered: keys are few, and whoever brings more of them pays for the import. */
const mostImported = 64

/** A new key for callbacks: `whsec_` and 32 random bytes in base64, as Standard Webhooks writes them. */
export function createSigningKey(): string {
  return prefix + bytesToBase64(crypto.getRandomValues(new Uint8Array(keyBytes)))
}

/** @throws PosthouseError `invalid_option` for a text that is no key. Its message does not show it. */
export function importKey(text: string): Promise<ImportedKey> {
  const known = imported.get(text)
  if (known !== undefined) return known
  const key = crypto.subtle.importKey('raw', bytesOf(text), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])
  if (imported.size >= mostImported) imported.clear()
  imported.set(text, key)
  return key
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = decoded(text)
  if (bytes !== undefined && bytes.length >= fewestBytes) return new Uint8Array(bytes)
  throw new PosthouseError(
    'invalid_option',
    `a key for callbacks is ${prefix} and at least ${fewestBytes} bytes in base64; createSigningKey makes one`,
  )
}

function decoded(text: string): Uint8Array | undefined {
  if (!text.startsWith(prefix)) return undefined
  try {
    return base64ToBytes(text.slice(prefix.length))
  } catch {
    // Its message would show the key.
    return undefined
  }
}
