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
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const fail = (offset: number, reason: string, cause?: unknown): PosthouseError =>
    new PosthouseError('token_file', `${path}:${lines.linePos(offset).line}: ${reason}`, { cause })
  const [broken] = document.errors
  if (broken !== undefined) throw fail(broken.pos[0], broken.message.split('\n', 1)[0] ?? 'it is not YAML', broken)
  const { contents } = document
  // An empty file is more likely half written than meant to send everybody away.
  if (!isSeq(contents)) throw fail(contents?.range?.[0] ?? 0, 'it must be a list of entries; [] lets nobody in')
  const seen = new Set<string>()
  return contents.items.map((item, index) => {
    const offset = (isMap(item) && item.range?.[0]) || contents.range?.[0] || 0
    try {
      if (!isMap(item)) throw new Error('it must have name and hash')
      const entry = readEntry(item.toJS(document, { maxAliasCount: 0 }))
      if (seen.has(entry.hash)) throw new Error('another entry has the same hash; give each its own token')
      seen.add(entry.hash)
      return entry
    } catch (error) {
      throw fail(offset, `entry ${index + 1}: ${reasonOf(error)}`, error)
    }
  })
}

function readEntry(entry: Record<string, unknown>): TokenEntry {
  if ('token' in entry) {
    throw new Error('a token itself does not belong here; replace "token" by "hash", as "posthouse token" prints it')
  }
  const unknown = Object.keys(entry).find((member) => !members.includes(member))
  if (unknown !== undefined) {
    throw new Error(`${JSON.stringify(unknown.slice(0, 100))} is not known; there are ${members.join(', ')}`)
  }
  const name = readPrincipalName(entry.name)
  const hash = readHash(entry.hash)
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
