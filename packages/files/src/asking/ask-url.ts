import { type FileMethod, type FileQuestion, MethodBody, PosthouseError, toPosthouseError } from '@posthouse/core'
import { dispositionOf } from '../download/disposition.ts'
import { pathOfKey } from '../file-path.ts'
import { signedQuery } from '../signing/signed-url.ts'
import type { AskingParts } from './asking-parts.ts'

/** What is in the URLs of those who hold what they get against its SHA-256 themselves. Once is enough. */
export const uncheckedName = 'unchecked'

/** Files in one answer. */
const mostUrls = 200

/** `files.url`: where a file can be fetched. Spec: 11.1.3. */
export function askUrl(parts: AskingParts): FileMethod {
  return (question) => {
    const members = new MethodBody('files.url', question.body)
    return urlOf(members.neededText('key'), { ...question, checks: members.flag('checks') === true }, parts)
  }
}

/** `files.urls`: the same for several. */
export function askUrls(parts: AskingParts): FileMethod {
  return async (question) => {
    const members = new MethodBody('files.urls', question.body)
    const keys = members.needed('keys', members.texts('keys', mostUrls))
    const asked = { ...question, checks: members.flag('checks') === true }
    const files = keys.map((key) => urlOf(key, asked, parts).catch((error: unknown) => ({ key, error: told(error) })))
    return { files: await Promise.all(files) }
  }
}

/** A failure of one of several. */
export function told(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = toPosthouseError(error)
  return { code, message }
}

/** @throws PosthouseError `forbidden`, `unknown_file`, `invalid_key` */
async function urlOf(
  key: string,
  { client, mayFetch, checks }: FileQuestion & { readonly checks: boolean },
  parts: AskingParts,
): Promise<object> {
  if (!mayFetch(key)) throw new PosthouseError('forbidden', `${JSON.stringify(client)} may not fetch ${key}`)
  const { store, limits, secrets, clock, root, origin, direct } = parts
  const file = await store.head(key)
  if (!file) throw new PosthouseError('unknown_file', `there is no file ${key}`)
  const { size, at, sha256, meta } = file
  const { name, type } = meta
  const expires = clock.now() + limits.urlMs
  const facts = { size, at, ...(sha256 && { sha256 }), ...(name && { name }), ...(type && { type }) }
  const disposition = dispositionOf(name ?? key.split('/').at(-1) ?? '')
  const wishes = { ttlMs: limits.urlMs, disposition, ...(type && { mediaType: type }) }
  const ofStore = direct ? await store.signedUrl?.(key, wishes) : undefined
  const url =
    ofStore ??
    `${origin}${pathOfKey(root, key)}?${signedQuery(key, expires, secrets)}${checks ? `&${uncheckedName}=` : ''}`
  return { key, url, expires, ...facts }
}
