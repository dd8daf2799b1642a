import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents } from './dialog.ts'
import { V1Dialog } from './v1-dialog.ts'

/** The dialog of a dialect other than JSON. */
export async function otherDialog(settings: Settings, events: DialogEvents): Promise<Dialog> {
  if (settings.dialect === 'cross_comm') {
    const { CrossCommDialog } = await import('./cross-comm-dialog.ts')
    return new CrossCommDialog(settings, events)
  }
  const { msgpackClientCodec } = await import('@posthouse/protocol/msgpack')
  return new V1Dialog(msgpackClientCodec, settings, events)
}
