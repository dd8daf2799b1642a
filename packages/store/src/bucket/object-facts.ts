import type { ObjectFacts } from './bucket.ts'

/** What stands before the names of what a bucket keeps with an object, after the bucket's own beginning. */
const names = { sha256: 'posthouse-sha256', meta: 'posthouse-meta' } as const

/** Facts as values of headers, which take ASCII only. */
export function factHeaders({ sha256, meta }: ObjectFacts): Record<string, string> {
  return { [names.sha256]: sha256, [names.meta]: Buffer.from(JSON.stringify(meta)).toString('base64url') }
}

/** The facts that such values tell; what is not of ours tells none. */
export function readFacts(value: (name: string) => string | null | undefined): Partial<ObjectFacts> {
  const [sha256, meta] = [value(names.sha256), value(names.meta)]
  if (!sha256 || !meta || !/^[0-9a-f]{64}$/.test(sha256)) return {}
  try {
    const read: unknown = JSON.parse(Buffer.from(meta, 'base64url').toString())
    return { sha256, meta: read as Record<string, string> }
  } catch {
    return {}
  }
}
