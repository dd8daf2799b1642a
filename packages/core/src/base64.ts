import { PosthouseError } from './errors.ts'

const form = /^([\w+/-]*)={0,2}$/

/** Standard base64 with padding (RFC 4648, section 4). */
export function bytesToBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.length; start += 0x2000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x2000))
  }
  return btoa(binary)
}

/**
 * Reads base64, with or without padding, standard or URL-safe (RFC 4648, sections 4 and 5).
 * @throws PosthouseError `invalid_body`
 */
export function base64ToBytes(text: string): Uint8Array {
  const digits = form.exec(text)?.[1]
  if (digits === undefined || digits.length % 4 === 1) {
    throw new PosthouseError('invalid_body', `${JSON.stringify(text.slice(0, 100))} is not base64`)
  }
  const binary = atob(digits.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index)
  return bytes
}
