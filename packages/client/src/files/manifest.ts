import { PosthouseError, parseText } from '@posthouse/core'

/** One file or directory of a folder that was sent. */
export interface ManifestEntry {
  /** Relative to the folder, with `/` between its parts. */
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** Bytes; 0 for a directory. */
  readonly size: number
  /** Whether its owner may execute it. */
  readonly executable: boolean
  /** When it was last changed, in Unix milliseconds. */
  readonly mtime: number
  /** Of a file. */
  readonly sha256?: string
  /** Of a file: where its content is. */
  readonly key?: string
}

/** What was left out of a folder, and why. */
export interface SkippedEntry {
  readonly path: string
  readonly reason: 'symlink' | 'special' | 'unreadable'
}

/** What a folder holds. */
export interface Manifest {
  readonly name: string
  readonly entries: readonly ManifestEntry[]
  readonly skipped: readonly SkippedEntry[]
}

const format = 'posthouse.folder'
const hash = /^[0-9a-f]{64}$/
/** The bit of Unix that lets the owner execute a file, as `mode` in the manifest. */
const executableMode = 0o755
const plainMode = 0o644

/** The content of a manifest's file. */
export function encodeManifest({ name, entries, skipped }: Manifest): Uint8Array {
  const rows = entries.map(({ path, kind, size, executable, mtime, sha256, key }) => ({
    path,
    kind,
    size,
    mode: executable ? executableMode : plainMode,
    mtime,
    sha256,
    key,
  }))
  return new TextEncoder().encode(JSON.stringify({ format, version: 1, name, entries: rows, skipped }))
}

/**
 * Reads the content of a manifest's file.
 * @throws PosthouseError `invalid_body`
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const value = parseText(bytes, 'invalid_body')
  if (!isObject(value) || value.format !== format || value.version !== 1 || !Array.isArray(value.entries)) {
    throw new PosthouseError('invalid_body', 'this is no manifest of a folder, or one of a later version')
  }
  const { name, entries, skipped } = value
  return {
    name: typeof name === 'string' ? name : '',
    entries: entries.map(entryOf),
    skipped: Array.isArray(skipped) ? skipped.filter(isSkipped) : [],
  }
}

function entryOf(value: unknown): ManifestEntry {
  if (!isObject(value)) throw badEntry(value)
  const { path, kind, size, mode, mtime, sha256, key } = value
  const isFile = kind === 'file'
  if (typeof path !== 'string' || (!isFile && kind !== 'directory') || !isSize(size)) throw badEntry(value)
  const at = { path, size, executable: typeof mode === 'number' && (mode & 0o100) !== 0, mtime: timeOf(mtime) }
  if (!isFile) return { ...at, kind: 'directory' }
  if (typeof sha256 !== 'string' || !hash.test(sha256) || typeof key !== 'string') throw badEntry(value)
  return { ...at, kind: 'file', sha256, key }
}

/** What no date can say, no file system can keep. */
function timeOf(value: unknown): number {
  return typeof value === 'number' && !Number.isNaN(new Date(value).getTime()) ? value : 0
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isSkipped(value: unknown): value is SkippedEntry {
  return isObject(value) && typeof value.path === 'string' && typeof value.reason === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function badEntry(value: unknown): PosthouseError {
  return new PosthouseError('invalid_body', `${JSON.stringify(value).slice(0, 200)} is no entry of a folder`)
}
