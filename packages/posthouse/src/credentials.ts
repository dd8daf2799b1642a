import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { PosthouseError, reasonOf } from '@posthouse/core'
import type { HubAccess } from './hub-access.ts'

/**
 * What to log in with, if anything. A file is read again for each attempt to connect: tokens are exchanged there.
 * @throws PosthouseError `invalid_option` where the file gives none
 */
export function tokenOf(
  { token, tokenFile, dialect }: HubAccess,
  fromEnvironment: string | undefined = process.env.POSTHOUSE_TOKEN,
): string | (() => Promise<string>) | undefined {
  if (token !== undefined) return token
  if (tokenFile !== undefined) {
    if (isToken(tokenFile))
      throw new PosthouseError('invalid_option', '--token-file takes a file, and not the token itself')
    tokenIn(tokenFile, read(tokenFile, 'token'))
    return async () => tokenIn(tokenFile, await readFile(tokenFile, 'utf8'))
  }
  // That dialect has no words for a token; one that stands in the environment is meant for other hubs, too.
  return dialect === 'cross_comm' || fromEnvironment === '' ? undefined : fromEnvironment
}

/**
 * Trusts the certificates in a file besides those that are trusted already. It counts for the whole process: Node's
 * WebSocket takes no certificates of its own.
 * @throws PosthouseError `invalid_option`
 */
export function trustAlso(file: string): void {
  setDefaultCACertificates([...getCACertificates('default'), ...certificatesIn(file).map(String)])
}

/**
 * The certificates of a PEM file.
 * @throws PosthouseError `invalid_option` where it cannot be read or holds none
 */
export function certificatesIn(file: string): readonly X509Certificate[] {
  const blocks = read(file, 'certificate').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new PosthouseError('invalid_option', `${file} holds no certificate in PEM form`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch (cause) {
    throw new PosthouseError('invalid_option', `${file} holds a damaged certificate: ${reasonOf(cause)}`, { cause })
  }
}

/** True for what can only be a token; an error that names it would show it. */
function isToken(word: string): boolean {
  return /^[\w.-]{40,}$/.test(word) && !existsSync(word)
}

function tokenIn(file: string, text: string): string {
  const token = text.trim()
  if (token !== '' && !/\s/.test(token)) return token
  const problem = token === '' ? 'is empty' : 'holds more than one word: a token file for clients holds the token only'
  throw new PosthouseError('invalid_option', `the token file ${file} ${problem}`)
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new PosthouseError('invalid_option', `the ${what} file cannot be read: ${reasonOf(cause)}`, { cause })
  }
}
