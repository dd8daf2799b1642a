import { PosthouseError } from '@posthouse/core'
import type { Secrets } from './secrets.ts'

/** What an upload token allows. */
export interface UploadPass {
  /** The id of the client that asked for it. */
  readonly client: string
  /** Of the file, or, with a `/` at its end, of the folder in which everything may be uploaded. */
  readonly key: string
  /** In Unix milliseconds. */
  readonly expires: number
}

/** A text that allows its bearer an upload. */
export function uploadToken({ client, key, expires }: UploadPass, secrets: Secrets): string {
  const claims = Buffer.from(JSON.stringify([client, key, expires])).toString('base64url')
  return `${claims}.${secrets.sign(signed(claims))}`
}

/**
 * What a token allows.
 * @throws PosthouseError `unauthenticated`, `token_expired`
 */
export function readUploadToken(token: string, secrets: Secrets, now: number): UploadPass {
  const [claims = '', ...signature] = token.split('.')
  if (!secrets.verify(signed(claims), signature.join('.'))) {
    throw new PosthouseError('unauthenticated', 'this is no token that this hub has given for an upload')
  }
  // It was signed here: its form is ours.
  const [client, key, expires] = JSON.parse(Buffer.from(claims, 'base64url').toString()) as [string, string, number]
  if (expires > now) return { client, key, expires }
  throw new PosthouseError('token_expired', `the token for ${key} has had its time; ask for another one`)
}

/** True where the token is for this file, or for the folder that it lies in or is the manifest of. */
export function allowsKey({ key }: UploadPass, wanted: string): boolean {
  if (!key.endsWith('/')) return wanted === key
  return wanted.startsWith(key) || wanted === manifestOf(key)
}

/** The key of the manifest of a folder. */
export function manifestOf(folder: string): string {
  return `${folder.slice(0, -1)}.json`
}

/** No signature of one kind is any of another. */
function signed(claims: string): string {
  return `upload ${claims}`
}
