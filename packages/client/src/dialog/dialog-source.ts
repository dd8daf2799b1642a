import { type ClientCodec, jsonClientCodec } from '@posthouse/protocol'
import { Later } from '../later.ts'
import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents } from './dialog.ts'
import { V1Dialog } from './v1-dialog.ts'

/** The dialog of the wanted dialect. A JSON client loads no other. */
export function dialogOf(settings: Settings, events: DialogEvents): Later<Dialog> {
  const { dialect } = settings
  const v1 = (codec: ClientCodec): Dialog => new V1Dialog(codec, settings, events)
  const load = async (): Promise<Dialog> => {
    if (dialect === 'cross_comm') {
      const { CrossCommDialog } = await import('./cross-comm-dialog.ts')
      return new CrossCommDialog(settings, events)
    }
    const { msgpackClientCodec } = await import('@posthouse/protocol/msgpack')
    return v1(msgpackClientCodec)
  }
  return new Later(load, dialect === 'json' ? v1(jsonClientCodec) : undefined)
}
