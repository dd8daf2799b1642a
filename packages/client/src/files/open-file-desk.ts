import { drafter, formOf } from '@posthouse/protocol'
import { platform } from '#file-platform'
import type { CallDesk } from '../calls/call-desk.ts'
import type { V1Dialog } from '../dialog/v1-dialog.ts'
import { FileDesk } from './file-desk.ts'

/** How long the hub may take to answer, in milliseconds: it may have to look at a disk. */
const answerMs = 30_000

/** The files of the client that has this dialog. */
export function openFileDesk(dialog: V1Dialog, calls: () => Promise<CallDesk>): FileDesk {
  const { settings, events } = dialog
  const { url, clientId, clock, random, dialect } = settings
  const draft = drafter(formOf(dialect))
  const desk = new FileDesk(
    {
      url,
      clientId,
      clock,
      random,
      platform,
      ask: async (method, body, signal) => {
        const desk = await calls()
        return desk.request('hub', method, body, { signal, timeoutMs: answerMs })
      },
      send: async (to, body, options) => dialog.send(draft(to, body, options), options),
      fail: events.watchers.fail,
    },
    events.rested,
  )
  // Where the hub wants no more of this client, nothing of it can come to an end any more.
  events.watchers.add('state', ({ state, error }) => {
    if (state === 'closed' && error !== undefined) desk.close(error)
  })
  return desk
}
