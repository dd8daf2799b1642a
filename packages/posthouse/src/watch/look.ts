import type { ClientInfo, HubClient } from '@posthouse/client'
import { type ErrorCode, isPosthouseError, PosthouseError } from '@posthouse/core'
import type { HubStats } from '@posthouse/hub'

/** What a look at a hub has shown: its numbers, or, where it keeps them to itself, who is there. */
export type Look = { readonly stats: HubStats } | { readonly clients: readonly ClientInfo[]; readonly notice: string }

/** How long an answer may take, in milliseconds. */
const timeoutMs = 5000

/** What says that the numbers are not to be had, and why. */
const withheld: Readonly<Partial<Record<ErrorCode, string>>> = {
  forbidden: 'this client may not ask for the numbers of the hub (it needs administer on hub)',
  no_handler: 'this hub is older and does not tell its numbers',
  unsupported: 'this hub, or this dialect, knows no calls, so there are no numbers',
  unknown_op: 'this hub is older and does not tell its numbers',
}

/**
 * Looks at a hub.
 * @throws PosthouseError `not_connected`, `timeout`, `aborted`, `closed`, `invalid_field`
 */
export async function lookAt(client: HubClient, peers: number, signal: AbortSignal): Promise<Look> {
  try {
    const answer = await client.request('hub', 'hub.stats', { peers }, { timeoutMs, signal })
    if (isHubStats(answer)) return { stats: answer }
  } catch (error) {
    const notice = isPosthouseError(error) && withheld[error.code]
    if (!notice) throw error
    const listed = await client.clients({ timeoutMs, signal })
    const clients = listed.filter((info) => info.client !== client.clientId)
    return { clients, notice: `${notice}; here is who is online` }
  }
  throw new PosthouseError('invalid_field', 'the hub answered hub.stats with something else than its numbers')
}

/** Looks at what is shown as it is; the rest of the numbers is only handed on. */
function isHubStats(value: unknown): value is HubStats {
  if (!isRecord(value)) return false
  const { node, startedAt, uptimeMs, connections, queuedBytes, clients, counters, peers = [] } = value
  return (
    typeof node === 'string' &&
    areNumbers([startedAt, uptimeMs, connections, queuedBytes]) &&
    isRecord(clients) &&
    areNumbers([clients.online, clients.known]) &&
    isRecord(counters) &&
    areNumbers(Object.values(counters)) &&
    Array.isArray(peers) &&
    peers.every(isPeer)
  )
}

function isPeer(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value.inbox)) return false
  const { client, dialect, since, received, delivered, queuedBytes, unacknowledged, inbox } = value
  const numbers = [since, received, delivered, queuedBytes, unacknowledged, inbox.messages, inbox.bytes]
  return typeof client === 'string' && typeof dialect === 'string' && areNumbers(numbers)
}

function areNumbers(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'number')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
