import { PosthouseError, parseAddress } from '@posthouse/core'
import type { SendFrame } from '@posthouse/protocol'
import type { Registry } from '../clients/registry.ts'

/**
 * True for a message that is to be dropped, because its recipient is not connected. One that has never been seen is left to
 * the router. Spec: 4.1.8.
 * @throws PosthouseError `offline` where the sender wants that, `invalid_address`
 */
export function isDropped({ to, whenOffline, qos = 1 }: SendFrame, registry: Registry): boolean {
  if (whenOffline === undefined || whenOffline === 'store') return false
  const record = registry.get(parseAddress(to).name)
  if (record === undefined || record.online) return false
  // A live message is refused like this anyway.
  if (whenOffline === 'error' && qos === 1) throw offline(record.id)
  return whenOffline === 'drop'
}

/** The refusal of a message to a client that is away. */
export function offline(client: string): PosthouseError {
  return new PosthouseError('offline', `${JSON.stringify(client)} is not connected`)
}
