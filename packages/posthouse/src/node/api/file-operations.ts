import { problem } from '@posthouse/web'
import { count, flag, input, listOf, type Operation, output, text } from './operation.ts'

const entry = output({ key: text, at: count })
const key = input({ key: text }, ['key'])
const unknown = { 404: 'There is no such file' }

/** The files that a hub keeps. */
export const fileOperations: readonly Operation[] = [
  {
    http: 'GET',
    path: '/files',
    method: 'hub.files',
    tag: 'files',
    summary: 'Lists files by key, or incomplete uploads',
    query: input({
      prefix: { ...text, description: 'Only keys that begin with this' },
      after: { ...text, description: 'Only keys after this one' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
      uploads: { ...flag, description: 'List incomplete uploads instead' },
    }),
    response: output({ files: listOf(entry) }),
  },
  {
    http: 'GET',
    path: '/files/{key:path}',
    method: 'hub.files.url',
    tag: 'files',
    summary: 'Shows what is known about a file, with a URL for its bytes that is valid for some minutes',
    response: output({ key: text, url: text, expires: count, size: count, at: count }),
    params: key,
    errors: unknown,
  },
  {
    http: 'DELETE',
    path: '/files/{key:path}',
    method: 'hub.files.remove',
    tag: 'files',
    summary: 'Removes a file, or an incomplete upload, for good',
    response: output({ removed: listOf(text) }),
    params: key,
    errors: unknown,
    read: ({ key: only }) => ({ keys: [only] }),
    write: (answer) => {
      const { removed } = answer as { readonly removed: readonly string[] }
      if (removed.length === 0) throw problem(404, 'There is no such file')
      return answer
    },
  },
  {
    http: 'POST',
    path: '/files/remove',
    method: 'hub.files.remove',
    tag: 'files',
    summary: 'Removes several files for good, and tells which of them existed',
    body: input({ keys: { ...listOf(text), maxItems: 200 } }, ['keys']),
    response: output({ removed: listOf(text) }),
  },
  {
    http: 'POST',
    path: '/files/gc',
    method: 'hub.files.gc',
    tag: 'files',
    summary: 'Removes expired files now',
    response: output({ files: count, uploads: count }),
  },
]
