import { MethodBody, PosthouseError, parseAddress } from '@posthouse/core'
import type { CallHandler } from '@posthouse/protocol/calls'
import type { HubParts } from '../hub-parts.ts'
import { pageIn } from '../page.ts'
import { channelHistory, type HistoryPage, type HistoryQuery } from './channel-history.ts'
import { listChannels } from './hub-channels.ts'

type Parts = Pick<HubParts, 'channels' | 'store' | 'limits' | 'registry'>

/** Tells what is kept of a channel to whoever may subscribe to it. Spec: 4.7.16. */
const historyMethod = 'history'

/** The hub's methods for channels. Spec: 4.7.16. */
export function channelMethods(parts: Parts): Readonly<Record<string, CallHandler>> {
  return {
    'hub.channels': ({ method, body }) => listChannels(parts, pageIn(new MethodBody(method, body))),
    'hub.history': ({ method, body }) => historyOf(parts, queryIn(new MethodBody(method, body))),
    [historyMethod]: ({ method, body, from }) => {
      const query = queryIn(new MethodBody(method, body))
      assertMayRead(parts, from, query.channel)
      return historyOf(parts, query)
    },
  }
}

/** @throws PosthouseError `invalid_address`, `invalid_option` */
export function historyOf({ channels, store, limits }: Parts, query: HistoryQuery): Promise<HistoryPage> {
  return channelHistory({ channels, store, bodyBytes: limits.bodyBytes }, query)
}

/** @throws PosthouseError `forbidden`, `invalid_address` */
function assertMayRead({ registry }: Parts, from: string, channel: string): void {
  const { kind, name } = parseAddress(from)
  if (kind === 'hub') return
  const access = registry.get(name)?.link?.access
  // Who has gone meanwhile does not hear the answer.
  if (access === undefined) throw new PosthouseError('offline', `${JSON.stringify(name)} is not connected`)
  access.assertMay('subscribe', `channel:${channel}`)
}

function queryIn(body: MethodBody): HistoryQuery {
  const after = body.position('after')
  const last = body.count('last', 1000, 1)
  const limit = body.count('limit', 1000, 1)
  return {
    channel: body.neededText('channel'),
    ...(after && { after }),
    ...(last !== undefined && { last }),
    ...(limit !== undefined && { limit }),
  }
}
