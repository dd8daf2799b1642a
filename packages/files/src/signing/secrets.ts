import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, PosthouseError, randomHex, reasonOf } from '@posthouse/core'

/** A secret is used for so long, in milliseconds. */
const useMs = 86_400_000

/** What secrets need. */
export interface SecretsOptions {
  /** Where they are kept. Default: nowhere, so what was signed ends with the process. */
  readonly file?: string | undefined
  readonly clock: Clock
  /** For how long something that was signed may be shown, in milliseconds. */
  readonly longestMs: number
}

interface Secret {
  readonly id: string
  /** In base64url. */
  readonly secret: string
  /** When it was made, in Unix milliseconds. */
  readonly at: number
}

/** Signs what comes back later, with a secret that changes once a day. */
export class Secrets {
  readonly #options: SecretsOptions
  #secrets: readonly Secret[]

  /** @throws PosthouseError `data_damaged`, `data_unwritable` */
  constructor(options: SecretsOptions) {
    this.#options = options
    this.#secrets = options.file === undefined ? [] : read(options.file)
    this.#current()
  }

  /** The signature of a text: the name of the secret, and what only who knows it can make. */
  sign(text: string): string {
    const { id, secret } = this.#current()
    return `${id}.${mac(secret, text)}`
  }

  /** True where the text was signed here, and not longer ago than signatures last. */
  verify(text: string, signature: string): boolean {
    const [id, given = ''] = signature.split('.')
    const known = this.#secrets.find((each) => each.id === id)
    if (known === undefined) return false
    const [expected, found] = [Buffer.from(mac(known.secret, text)), Buffer.from(given)]
    return expected.length === found.length && timingSafeEqual(expected, found)
  }

  /** A clock that was set back makes no secret last longer: what is of the future is not used any more. */
  #current(): Secret {
    const { clock, longestMs, file } = this.#options
    const now = clock.now()
    const newest = this.#secrets[0]
    if (newest !== undefined && newest.at <= now && now < newest.at + useMs) return newest
    const made = { id: randomHex(4), secret: randomBytes(32).toString('base64url'), at: now }
    this.#secrets = [made, ...this.#secrets.filter(({ at }) => now < at + useMs + longestMs)]
    if (file !== undefined) write(file, this.#secrets)
    return made
  }
}

function mac(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret, 'base64url')).update(text).digest('base64url')
}

function read(file: string): readonly Secret[] {
  try {
    const text = readFileSync(file, 'utf8')
    const { secrets }: { readonly secrets: unknown } = JSON.parse(text)
    if (Array.isArray(secrets) && secrets.every(isSecret)) return secrets
    throw new TypeError('it holds no secrets')
  } catch (cause) {
    if (isAbsent(cause)) return []
    const message = `${file} cannot be read: ${reasonOf(cause)}; without it, what was signed before is not taken any more`
    throw new PosthouseError('data_damaged', message, { cause })
  }
}

/** Only what is not there may be made: a file that cannot be read holds what tokens and URLs were signed with. */
function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

function isSecret(value: unknown): value is Secret {
  if (typeof value !== 'object' || value === null) return false
  const { id, secret, at }: { readonly id?: unknown; readonly secret?: unknown; readonly at?: unknown } = value
  return typeof id === 'string' && typeof secret === 'string' && secret.length >= 43 && typeof at === 'number'
}

/** Whole or not at all, and readable for nobody else. */
function write(file: string, secrets: readonly Secret[]): void {
  const next = `${file}.new`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const handle = openSync(next, 'w', 0o600)
    try {
      writeSync(handle, `${JSON.stringify({ secrets }, undefined, 2)}\n`)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(next, file)
  } catch (cause) {
    throw new PosthouseError('data_unwritable', `${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}
