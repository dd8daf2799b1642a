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
    summary: 'Lists files by key, or the uploads that are not complete',
    query: input({
      prefix: { ...text, description: 'Only keys that begin with this' },
      after: { ...text, description: 'What comes behind this key' },
      limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
      uploads: { ...flag, description: 'The uploads that are not complete instead' },
    }),
    response: output({ files: listOf(entry) }),
  },
  {
    http: 'GET',
    path: '/files/{key:path}',
    method: 'hub.files.url',
    tag: 'files',
    summary: 'Tells what is known of a file, and where its bytes can be fetched for some minutes',
    response: output({ key: text, url: text, expires: count, size: count, at: count }),
    params: key,
    errors: unknown,
  },
  {
    http: 'DELETE',
    path: '/files/{key:path}',
    method: 'hub.files.remove',
    tag: 'files',
    summary: 'Removes a file, or an upload that is not complete, for good',
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
    summary: 'Removes several for good, and tells which of them were there',
    body: input({ keys: { ...listOf(text), maxItems: 200 } }, ['keys']),
    response: output({ removed: listOf(text) }),
  },
  {
    http: 'POST',
    path: '/files/gc',
    method: 'hub.files.gc',
    tag: 'files',
    summary: 'Removes at once what has had its time',
    response: output({ files: count, uploads: count }),
  },
]
