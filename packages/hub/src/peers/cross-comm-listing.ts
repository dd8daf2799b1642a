import { type CrossCommClient, crossCommList, maxCrossCommBytes } from '@posthouse/protocol/cross-comm'
import type { Access } from '../access/access.ts'
import type { HubParts } from '../hub-parts.ts'

/**
 * The content of a list that fits into a frame, and how many clients are in it. A frame above the limit would end the
 * peer's connection; a shorter list at least arrives. Spec: 9.7.1.
 */
export function fittingList(
  clients: readonly CrossCommClient[],
  onlyOnline: boolean,
): { readonly content: string; readonly listed: number } {
  const most = maxCrossCommBytes - 4096
  let shown = clients
  let content = crossCommList(shown, onlyOnline)
  for (let bytes = Buffer.byteLength(content); bytes > most; bytes = Buffer.byteLength(content)) {
    shown = shown.slice(0, Math.floor((shown.length * 0.95 * most) / bytes))
    content = crossCommList(shown, onlyOnline)
  }
  return { content, listed: shown.length }
}

/** Whom somebody with this access may see. The dialect wants a time of login, also of those that have not logged in lately. */
export function clientsFor(
  { presence, registry }: Pick<HubParts, 'presence' | 'registry'>,
  access: Access,
  onlyOnline: boolean,
): readonly CrossCommClient[] {
  return presence.list(onlyOnline, access).map(({ client, online, lastSeen, since }) => {
    const loginAt = since ?? registry.get(client)?.loginAt ?? lastSeen
    return { client, online, lastSeen, since: loginAt }
  })
}
