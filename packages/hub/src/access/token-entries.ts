import { PosthouseError, reasonOf } from '@posthouse/core'
import { isMap, isSeq, LineCounter, parseDocument } from 'yaml'
import { ownIdOnly, type Principal, readPrincipalName } from './principal.ts'
import { readClientPatterns, readPermissions } from './read-permissions.ts'

/** One entry of a token file. */
export interface TokenEntry {
  /** As `createToken` makes it. */
  readonly hash: string
  readonly principal: Principal
}

const members = ['name', 'hash', 'clients', 'permissions', 'expires']
const moment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

/**
 * Reads the text of a token file, YAML or JSON. What it does not know it refuses: whoever wrote it meant something by it.
 * @throws PosthouseError `token_file`, which names file, line and entry
 */
export function readTokenEntries(text: string, path: string): readonly TokenEntry[] {
  return readJson(text) ?? readYaml(text, path)
}

/** The quick way, for lists of thousands, which programs write. What is wrong is told by the other, which knows lines. */
function readJson(text: string): readonly TokenEntry[] | undefined {
  if (!/^\s*\[/.test(text)) return undefined
  try {
    const list: unknown = JSON.parse(text)
    const hashes = new Set<string>()
    return Array.isArray(list) ? list.map((item) => readEntry(item, hashes)) : undefined
  } catch {
    return undefined
  }
}

function readYaml(text: string, path: string): readonly TokenEntry[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const fail = (offset: number, reason: string, cause?: unknown): PosthouseError =>
    new PosthouseError('token_file', `${path}:${lines.linePos(offset).line}: ${reason}`, { cause })
  const [broken] = document.errors
  if (broken !== undefined) throw fail(broken.pos[0], broken.message.split('\n', 1)[0] ?? 'it is not YAML', broken)
  const { contents } = document
  // An empty file is more likely half written than meant to send everybody away.
  if (!isSeq(contents)) throw fail(contents?.range?.[0] ?? 0, 'it must be a list of entries; [] lets nobody in')
  const hashes = new Set<string>()
  return contents.items.map((item, index) => {
    const offset = (isMap(item) && item.range?.[0]) || contents.range?.[0] || 0
    try {
      return readEntry(isMap(item) && item.toJS(document, { maxAliasCount: 0 }), hashes)
    } catch (error) {
      throw fail(offset, `entry ${index + 1}: ${reasonOf(error)}`, error)
    }
  })
}

/** Reads one entry, whose hash must not be among those of the others. */
function readEntry(item: unknown, hashes: Set<string>): TokenEntry {
  if (typeof item !== 'object' || item === null) throw new Error('it must have name and hash')
  const entry = item as Record<string, unknown>
  if ('token' in entry) {
    throw new Error('a token itself does not belong here; replace "token" by "hash", as "posthouse token" prints it')
  }
  const unknown = Object.keys(entry).find((member) => !members.includes(member))
  if (unknown !== undefined) {
    throw new Error(`${JSON.stringify(unknown.slice(0, 100))} is not known; there are ${members.join(', ')}`)
  }
  const name = readPrincipalName(entry.name)
  const hash = readHash(entry.hash)
  if (hashes.has(hash)) throw new Error('another entry has the same hash; give each its own token')
  hashes.add(hash)
  const { permissions, expires } = entry
  const principal: Principal = {
    name,
    clients: entry.clients === undefined ? ownIdOnly(name) : readClientPatterns(entry.clients),
    ...(permissions !== undefined && { permissions: readPermissions(permissions) }),
    ...(expires !== undefined && { expiresAt: readMoment(expires) }),
  }
  return { hash, principal }
}

function readHash(value: unknown): string {
  if (typeof value === 'string' && /^sha256:[0-9a-f]{64}$/i.test(value)) return value.toLowerCase()
  throw new Error('hash must be "sha256:" and 64 hexadecimal digits, as "posthouse token" prints it')
}

function readMoment(value: unknown): number {
  const ms = typeof value === 'string' && moment.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(ms)) throw new Error('expires must be a date such as 2027-12-31 or 2027-12-31T18:00:00Z')
  return ms
}
