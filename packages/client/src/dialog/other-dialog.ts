import { PosthouseError } from '@posthouse/core'
import { jsonClientCodec } from '@posthouse/protocol'
import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents } from './dialog.ts'
import { V1Dialog } from './v1-dialog.ts'

/** The dialog of a dialect other than JSON, or of a client with a storage. */
export async function otherDialog(settings: Settings, events: DialogEvents): Promise<Dialog> {
  const { dialect, storage } = settings
  if (dialect === 'cross_comm') {
    if (storage) throw new PosthouseError('invalid_option', 'the cross_comm dialect has nothing to keep in a storage')
    const { CrossCommDialog } = await import('./cross-comm-dialog.ts')
    return new CrossCommDialog(settings, events)
  }
  const codec = dialect === 'json' ? jsonClientCodec : (await import('@posthouse/protocol/msgpack')).msgpackClientCodec
  if (storage === undefined) return new V1Dialog(codec, settings, events)
  const { keptDialog } = await import('../storage/kept-dialog.ts')
  return keptDialog({ codec, settings, events }, storage)
}
