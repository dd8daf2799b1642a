import { type FileMethod, MethodBody, PosthouseError } from '@posthouse/core'
import type { AskingParts } from './asking-parts.ts'

/** Files in one answer. */
const mostListed = 1000

/** `files.list`: what lies in a folder. Spec: 11.1.1. */
export function askList({ store }: AskingParts): FileMethod {
  return async ({ client, body, mayFetch }) => {
    const members = new MethodBody('files.list', body)
    const prefix = members.neededText('key')
    // Of a client's own folder it may see all; that of everyone has no owner.
    if (!prefix.endsWith('/')) throw new PosthouseError('invalid_key', `${prefix} is no folder: it has no / at its end`)
    if (!mayFetch(prefix)) throw new PosthouseError('forbidden', `${JSON.stringify(client)} may not fetch ${prefix}`)
    const limit = members.count('limit', mostListed, 1) ?? mostListed
    const after = members.text('after')
    const files = await store.list({ prefix, limit, ...(after !== undefined && { after }) })
    return { files, ...(files.length === limit && { next: files.at(-1)?.key }) }
  }
}
