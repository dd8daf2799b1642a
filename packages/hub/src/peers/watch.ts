import type { HubAction } from '@posthouse/protocol'
import type { V1Link } from './v1-link.ts'

/**
 * Takes a client's wish to know who is there, or no longer. It is answered when it is kept: it lasts as long as the session,
 * also where the hub ends suddenly. Spec: 3.5.2, 5.1.1.
 */
export function watch(link: V1Link, question: Extract<HubAction, { readonly do: 'watch' }>): void {
  const { parts, record, entry } = link.visit
  const { presence, keeper } = parts
  const refusal = presence.answer(entry, question)
  link.write(refusal)
  if (!question.on) keeper.touch(record)
  else if (refusal.length === 0) void answered(link, question)
}

async function answered(link: V1Link, question: Extract<HubAction, { readonly do: 'watch' }>): Promise<void> {
  const { parts, record, entry } = link.visit
  if (parts.keeper.lasting) await parts.keeper.keep(record)
  // Another connection of the session tells it with its welcome.
  if (record.link === link) parts.presence.grant(entry, question)
}
