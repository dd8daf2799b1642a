import { readFileSync, type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Clock, isPosthouseError, PosthouseError, reasonOf, systemClock } from '@posthouse/core'
import { FileWatch } from '../file-watch.ts'
import { hashToken } from './create-token.ts'
import type { Authenticator, LoginAttempt, Principal } from './principal.ts'
import { readTokenEntries, type TokenEntry } from './token-entries.ts'

/** How often a login looks whether the file has changed, in milliseconds: not every file system tells. */
const lookMs = 1000

/**
 * Lets in who has a token that is listed in a file: a YAML or JSON list of entries `{name, hash, clients?, permissions?,
 * expires?}`, with hashes of `createToken`. `clients` are patterns of the ids that may be used (default: the name alone),
 * `expires` is a date such as `2027-12-31T18:00:00Z`. One name may have several entries, so that tokens can be exchanged
 * one by one. Changes of the file hold at once, also for whoever is connected; a file that has become unreadable changes
 * nothing and is logged. JSON is read many times faster, where there are thousands of entries. Spec: 10.1.
 *
 * @example
 * ```ts
 * const hub = new Hub({ authenticate: tokenFile('tokens.yaml') })
 * ```
 * @throws PosthouseError `token_file`, which names file, line and entry
 */
export function tokenFile(path: string, options: { readonly clock?: Clock } = {}): Authenticator {
  return new TokenFile(resolve(path), options.clock ?? systemClock)
}

type Listener = (problem?: PosthouseError) => void

class TokenFile implements Authenticator {
  readonly #path: string
  readonly #clock: Clock
  readonly #listeners = new Set<Listener>()
  /** By hash: an attacker who measures how long the look-up takes learns about hashes, from which no token follows. */
  #entries: ReadonlyMap<string, TokenEntry>
  /** Which entry a principal was made from. */
  readonly #hashes = new WeakMap<Principal, string>()
  #stamp: string
  #lookedAt: number
  #watch: FileWatch | undefined

  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
    this.#lookedAt = clock.elapsed()
    this.#stamp = stampAt(path)
    this.#entries = this.#read()
  }

  readonly authenticate = async ({ token }: LoginAttempt): Promise<Principal> => {
    await this.#look()
    if (!token) throw new PosthouseError('unauthenticated', 'this hub lets nobody in without a token')
    const entry = this.#entries.get(hashToken(token))
    if (entry === undefined) throw new PosthouseError('unauthenticated', 'this hub does not know the token')
    return entry.principal
  }

  current(principal: Principal): Principal | undefined {
    return this.#entries.get(this.#hashes.get(principal) ?? '')?.principal
  }

  onChange(listener: Listener): Disposable {
    this.#listeners.add(listener)
    this.#watch ??= new FileWatch(
      [this.#path],
      () => this.#renew(),
      (cause) => this.#tell(problem(this.#path, 'changes are noticed only when somebody logs in', cause)),
    )
    return {
      [Symbol.dispose]: () => {
        this.#listeners.delete(listener)
        if (this.#listeners.size > 0) return
        this.#watch?.[Symbol.dispose]()
        this.#watch = undefined
      },
    }
  }

  async #look(): Promise<void> {
    const now = this.#clock.elapsed()
    if (now - this.#lookedAt < lookMs) return
    this.#lookedAt = now
    const found = await stat(this.#path).catch(() => undefined)
    if (found === undefined || stampOf(found) !== this.#stamp) this.#renew()
  }

  /** Takes the file over where it has changed; a broken one changes nothing. */
  #renew(): void {
    const stamp = stampAt(this.#path)
    if (stamp === this.#stamp) return
    this.#stamp = stamp
    try {
      this.#entries = this.#read()
    } catch (error) {
      if (!isPosthouseError(error)) throw error
      this.#tell(error)
      return
    }
    this.#tell()
  }

  /** Entries that say what they said before keep their principals. */
  #read(): ReadonlyMap<string, TokenEntry> {
    const entries = new Map<string, TokenEntry>()
    for (const entry of readTokenEntries(readText(this.#path), this.#path)) {
      const known = this.#entries?.get(entry.hash)
      const same = known !== undefined && JSON.stringify(known) === JSON.stringify(entry)
      entries.set(entry.hash, same ? known : entry)
      this.#hashes.set(entry.principal, entry.hash)
    }
    return entries
  }

  #tell(error?: PosthouseError): void {
    for (const listener of [...this.#listeners]) listener(error)
  }
}

function readText(path: string): string {
  try {
    // To read a pipe could block the hub for ever.
    if (!statSync(path).isFile()) throw new Error('it is no regular file')
    // Editors of Windows begin a file with a byte order mark, which YAML would take for an indentation.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    throw problem(path, `it cannot be read: ${reasonOf(cause)}`, cause)
  }
}

/** Tells one state of a file from another. */
function stampOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`
}

function stampAt(path: string): string {
  try {
    return stampOf(statSync(path))
  } catch {
    // Why it cannot be looked at is told when it is read.
    return ''
  }
}

function problem(path: string, reason: string, cause: unknown): PosthouseError {
  return new PosthouseError('token_file', `${path}: ${reason}`, { cause })
}
