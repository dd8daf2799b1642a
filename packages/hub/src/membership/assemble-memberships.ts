import { ChannelOffice } from '../channels/channel-office.ts'
import type { ClientRecord } from '../clients/client-record.ts'
import { GroupOffice } from '../groups/group-office.ts'
import type { HubParts } from '../hub-parts.ts'
import { QueueOffice } from '../queues/queue-office.ts'
import { Memberships } from './memberships.ts'

/** Puts together what serves the questions about groups, channels and queues. */
export function assembleMemberships(
  parts: Pick<
    HubParts,
    'groups' | 'channels' | 'queues' | 'registry' | 'store' | 'batcher' | 'keeper' | 'limits' | 'clock' | 'timing'
  >,
): Memberships {
  const keep = (record: ClientRecord): void => parts.keeper.save(record)
  const memberships = new Memberships(keep)
  memberships.serve('group', new GroupOffice(parts))
  const most = parts.limits.subscriptions
  memberships.serve('channel', new ChannelOffice({ ...parts, most, keep }))
  memberships.serve('queue', new QueueOffice({ ...parts, leaseMs: parts.timing.leaseMs, most, keep }))
  return memberships
}
