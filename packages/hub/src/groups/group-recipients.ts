import type { ClientRecord } from '../clients/client-record.ts'
import type { Registry } from '../clients/registry.ts'
import type { Group } from './group.ts'

/** Those who get a message to a group: its members but the sender, named by its address. */
export function* groupRecipients({ members }: Group, registry: Registry, from: string): Iterable<ClientRecord> {
  for (const client of members.keys()) {
    const record = registry.get(client)
    if (record !== undefined && record.address !== from) yield record
  }
}
