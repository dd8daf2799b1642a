import { MethodBody } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { DeadLetters } from './dead-letters.ts'
import type { InboxQuery, InboxView } from './inbox-view.ts'

/** Entries in one answer. */
const mostListed = 256
/** Dead letters that one call names. */
const mostNamed = 10_000

/** What the methods look at. */
export interface DeliveryMethodsOptions {
  readonly deadLetters: DeadLetters
  readonly inbox: (query: InboxQuery) => Promise<InboxView>
}

/** The hub's own methods about what is stored. Spec: 4.5.6. */
export function deliveryMethods({ deadLetters, inbox }: DeliveryMethodsOptions): Readonly<Record<string, CallHandler>> {
  return {
    'hub.deadLetters.list': async ({ body }) => {
      const members = new MethodBody('hub.deadLetters.list', body)
      return { entries: await deadLetters.list({ ...clientOf(members), ...rangeIn(members) }) }
    },
    'hub.deadLetters.show': async ({ body }) => {
      const members = new MethodBody('hub.deadLetters.show', body)
      return { entry: (await deadLetters.show(members.needed('seq', members.count('seq')))) ?? null }
    },
    'hub.deadLetters.redrive': async ({ body }) => {
      const members = new MethodBody('hub.deadLetters.redrive', body)
      const seqs = members.needed('seqs', members.counts('seqs', mostListed))
      return { redriven: await deadLetters.redrive(seqs) }
    },
    'hub.deadLetters.purge': async ({ body }) => {
      const members = new MethodBody('hub.deadLetters.purge', body)
      const seqs = members.counts('seqs', mostNamed)
      return { purged: await deadLetters.purge({ ...clientOf(members), ...(seqs && { seqs }) }) }
    },
    'hub.inbox': ({ body }) => {
      const members = new MethodBody('hub.inbox', body)
      const client = members.neededText('client')
      const bodies = members.flag('bodies')
      return inbox({ client, ...rangeIn(members), ...(bodies !== undefined && { bodies }) })
    },
  }
}

function clientOf(members: MethodBody): { readonly client?: string } {
  const client = members.text('client')
  return client === undefined ? {} : { client }
}

function rangeIn(members: MethodBody): { readonly after?: number; readonly limit?: number } {
  const after = members.count('after')
  const limit = members.count('limit', mostListed, 1)
  return { ...(after !== undefined && { after }), ...(limit !== undefined && { limit }) }
}
