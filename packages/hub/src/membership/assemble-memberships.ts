import { ChannelOffice } from '../channels/channel-office.ts'
import { GroupOffice } from '../groups/group-office.ts'
import type { HubParts } from '../hub-parts.ts'
import { Memberships } from './memberships.ts'

/** Puts together what serves the questions about groups and channels. */
export function assembleMemberships(
  parts: Pick<HubParts, 'groups' | 'channels' | 'registry' | 'store' | 'batcher' | 'limits'>,
): Memberships {
  const memberships = new Memberships()
  memberships.serve('group', new GroupOffice(parts))
  const most = parts.limits.subscriptions
  memberships.serve('channel', new ChannelOffice({ ...parts, most, keep: () => undefined }))
  return memberships
}
