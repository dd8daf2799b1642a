import type { FileMessage, FileQuestion, Message, SavingOptions } from '@posthouse/core'
import { askList } from '../asking/ask-list.ts'
import { askUrl, askUrls } from '../asking/ask-url.ts'
import type { AskingParts } from '../asking/asking-parts.ts'
import { keyOfPath } from '../file-path.ts'

/** What a hub's own listener wants of a file. */
export interface Receipt {
  readonly message: Message
  readonly wishes: SavingOptions
  /** What may be fetched for it. */
  readonly mayFetch: FileQuestion['mayFetch']
  /** Aborted when nothing more is to be fetched. */
  readonly signal: AbortSignal
}

/** Fetches for the hub itself what a message tells of, straight from the store. Spec: 11.4.4. */
export async function receive(
  parts: AskingParts,
  { message, wishes, mayFetch, signal }: Receipt,
): Promise<FileMessage> {
  // Only a hub that has such listeners needs it.
  const { receiveFile } = await import('@posthouse/client/files')
  const own = { ...parts, root: '', origin: '', direct: false }
  const methods: Readonly<Record<string, ReturnType<typeof askUrl>>> = {
    'files.url': askUrl(own),
    'files.urls': askUrls(own),
    'files.list': askList(own),
  }
  return receiveFile(message, wishes, {
    clock: parts.clock,
    signal,
    ask: async (method, body) => methods[method]?.({ client: 'hub', body, mayFetch, signal }),
    read: (path, start) => bytesOf(own, keyOfPath('', path) ?? '', { start, signal }),
  })
}

async function* bytesOf(
  { store }: AskingParts,
  key: string,
  options: { readonly start: number; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  yield* await store.read(key, options)
}
