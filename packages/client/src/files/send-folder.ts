import { createId, PosthouseError } from '@posthouse/core'
import { FolderUpload } from './folder-upload.ts'
import { encodeManifest, type Manifest } from './manifest.ts'
import { baseName } from './safe-name.ts'
import { Grants, messageOptions, type Notes, notesOf } from './send-file.ts'
import type { Transfer } from './transfer.ts'
import type { SendFolderOptions, SentFolder } from './transfer-options.ts'

/** What is to be sent to whom. */
export interface FolderOrder {
  readonly to: string
  readonly source: unknown
  readonly options: SendFolderOptions
}

const usualParallel = 6
const mostParallel = 32
/** A folder whose key holds something else by now gets another one, once. */
const attempts = 2

/**
 * Uploads what a folder holds and the list of it, and tells its recipient when all of it is there.
 * @throws PosthouseError what `HubClient.sendFolder` documents
 */
export async function sendFolder(transfer: Transfer, { to, source, options }: FolderOrder): Promise<SentFolder> {
  const parallel = parallelOf(options)
  const { platform, clock } = transfer.host
  const folder = await platform.openFolder(source, transfer.signal)
  const name = baseName(options.name ?? folder.name) || 'folder'
  const size = folder.items.reduce((sum, item) => sum + item.size, 0)
  const notes = notesOf(transfer, options, ['folder', folder.identity, name])
  const record = await notes?.read()
  const messageId = options.id ?? record?.messageId ?? createId(clock.now())
  const begun: Begun = { transfer, notes, name, size, messageId, known: record?.key }
  const { key, manifest, reused, files } = await withKey(begun, async (grants, resumed) => {
    const uploads = new FolderUpload(transfer, { grants, parallel, resumed })
    const entries = await uploads.run(folder.items)
    const content: Manifest = { name, entries, skipped: folder.skipped }
    const kept = await uploads.manifest(encodeManifest(content))
    return { ...kept, reused: uploads.reused, files: entries.filter(({ kind }) => kind === 'file').length }
  })
  const body = { key, manifest, name, entries: folder.items.length, bytes: size }
  const { id, state } = await transfer.host.send(
    to,
    body,
    messageOptions(options, { type: 'folder', id: messageId, transfer }),
  )
  await notes?.remove()
  transfer.meter.end()
  return { id, state, key, name, size, files, reused, skipped: folder.skipped }
}

/** Files that are moved side by side. */
export function parallelOf({ parallel = usualParallel }: { readonly parallel?: number }): number {
  if (Number.isInteger(parallel) && parallel >= 1 && parallel <= mostParallel) return parallel
  throw new PosthouseError('invalid_option', `parallel must be 1 to ${mostParallel}, not ${parallel}`)
}

interface Begun {
  readonly transfer: Transfer
  readonly notes: Notes | undefined
  readonly name: string
  readonly size: number
  readonly messageId: string
  readonly known: string | undefined
}

/** Runs `task` with the key of an earlier life, or a new one where that is of no use any more. */
async function withKey<Value>(
  { transfer, notes, name, size, messageId, known }: Begun,
  task: (grants: Grants, resumed: boolean) => Promise<Value>,
): Promise<Value> {
  let noted = known
  for (let attempt = 1; ; attempt++) {
    const grants = new Grants(transfer, noted === undefined ? { folder: true, name, size } : { key: noted })
    try {
      const { key } = await grants.grant()
      if (noted === undefined) await notes?.write({ key, messageId })
      return await task(grants, noted !== undefined)
    } catch (error) {
      const outdated =
        error instanceof PosthouseError && ['unknown_file', 'forbidden', 'key_in_use'].includes(error.code)
      if (!outdated || attempt >= attempts) throw error
      noted = undefined
      transfer.meter.restart()
    }
  }
}
