import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, PosthouseError, reasonOf, systemClock } from '@posthouse/core'
import { createSigningKey } from '@posthouse/core/callbacks'

/** Signing keys in a file, which may change while they are in use. */
export interface SigningKeyFile {
  /** The keys that sign now, the newest first. */
  keys(): readonly string[]
  /** Adds a key that signs from now on, and returns it; the old ones sign beside it for the overlap. */
  rotate(): string
}

/** Settings of `signingKeyFile`. */
export interface SigningKeyFileOptions {
  readonly path: string
  /** How long an old key signs beside a new one, in milliseconds. Default a week. */
  readonly overlapMs?: number | undefined
  readonly clock?: Clock | undefined
}

interface KeyEntry {
  readonly key: string
  /** Since when there is a newer one, in Unix milliseconds. */
  readonly replacedAt?: number
}

const usualOverlapMs = 7 * 24 * 60 * 60_000

/**
 * Keys in a file that only its owner can read. If there is none, it is created with a first key.
 * @throws PosthouseError `data_damaged`, `data_unwritable`
 */
export function signingKeyFile({
  path,
  overlapMs = usualOverlapMs,
  clock = systemClock,
}: SigningKeyFileOptions): SigningKeyFile {
  let entries: readonly KeyEntry[] = []
  let readAt = 0
  const refresh = (): void => {
    const { mtimeMs } = statSync(path)
    if (mtimeMs === readAt) return
    entries = readEntries(path)
    readAt = mtimeMs
  }
  if (!existsSync(path)) writeEntries(path, [{ key: createSigningKey() }])
  refresh()
  const current = (): readonly KeyEntry[] => {
    refresh()
    const oldest = clock.now() - overlapMs
    return entries.filter(({ replacedAt = Number.POSITIVE_INFINITY }) => replacedAt > oldest)
  }
  return {
    keys: () => current().map(({ key }) => key),
    rotate: () => {
      const key = createSigningKey()
      const replacedAt = clock.now()
      writeEntries(path, [{ key }, ...current().map((entry) => ({ replacedAt, ...entry }))])
      readAt = 0
      return key
    },
  }
}

function readEntries(path: string): KeyEntry[] {
  try {
    const { keys } = JSON.parse(readFileSync(path, 'utf8')) as { keys: KeyEntry[] }
    if (keys.length > 0 && keys.every(({ key }) => key.startsWith('whsec_'))) return keys
  } catch (cause) {
    throw new PosthouseError('data_damaged', `${path} holds no keys for callbacks: ${reasonOf(cause)}`, { cause })
  }
  throw new PosthouseError('data_damaged', `${path} holds no keys for callbacks`)
}

/** All of it or nothing: whoever reads meanwhile sees the file of before. */
function writeEntries(path: string, keys: readonly KeyEntry[]): void {
  const draft = `${path}.new`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${JSON.stringify({ keys }, undefined, 2)}\n`, { mode: 0o600 })
    renameSync(draft, path)
  } catch (cause) {
    throw new PosthouseError('data_unwritable', `${path} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}
