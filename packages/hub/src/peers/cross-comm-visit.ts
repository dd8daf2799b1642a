import {
  type CrossCommFields,
  type CrossCommHubSession,
  crossCommId,
  encodeCrossComm,
} from '@posthouse/protocol/cross-comm'
import type { Connection } from '../door/connection.ts'
import type { HubParts } from '../hub-parts.ts'
import { measured } from '../routing/encoded.ts'

/** Where a cross_comm program has connected, and what has been said there. */
export interface CrossCommVisit {
  readonly parts: HubParts
  readonly connection: Connection
  readonly remoteAddress: string
  readonly session: CrossCommHubSession
}

/** Says something in the name of the server. */
export function answer(
  { parts, connection }: CrossCommVisit,
  fields: Pick<CrossCommFields, 'to' | 'type'> & { readonly content: string },
): void {
  const now = parts.clock.now()
  const frame = encodeCrossComm({ ...fields, id: crossCommId(parts.node, now), from: 'server', ts: now })
  connection.send(measured(frame))
}
