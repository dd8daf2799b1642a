import { jsonClientCodec } from '@posthouse/protocol'
import { Later } from '../later.ts'
import type { Settings } from '../settings.ts'
import type { Dialog, DialogEvents } from './dialog.ts'
import { V1Dialog } from './v1-dialog.ts'

/** The dialog of the wanted dialect. A JSON client loads no other. */
export function dialogOf(settings: Settings, events: DialogEvents): Later<Dialog> {
  const load = async (): Promise<Dialog> => {
    const { otherDialog } = await import('./other-dialog.ts')
    return otherDialog(settings, events)
  }
  return new Later(
    load,
    settings.dialect === 'json' && !settings.storage ? new V1Dialog(jsonClientCodec, settings, events) : undefined,
  )
}
