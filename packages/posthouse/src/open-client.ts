import type { HubClient, HubClientOptions } from '@posthouse/client'
import { assertClientId, isPosthouseError, PosthouseError, randomHex } from '@posthouse/core'
import { tokenOf, trustAlso } from './credentials.ts'
import { type HubAccess, hubUrl } from './hub-access.ts'
import { SocketTrouble } from './socket-trouble.ts'

/**
 * What the words say about the client.
 * @throws PosthouseError `invalid_option`
 */
export function clientOptions(access: HubAccess): HubClientOptions {
  const { id = `cli_${randomHex(4)}`, dialect = 'json' } = access
  if (access.ca !== undefined) trustAlso(access.ca)
  const token = tokenOf(access)
  return {
    url: hubUrl(access),
    clientId: id,
    dialect,
    // Without an id of its own the command comes only once: nobody should find it among the clients later.
    transient: access.id === undefined,
    ...(token !== undefined && { token }),
  }
}

/**
 * Connects to the hub. `prepare` may add listeners before the first message can come.
 * @throws PosthouseError `invalid_client_id`, `unreachable`, or why the hub refuses
 */
export async function openClient(
  access: HubAccess,
  signal: AbortSignal,
  prepare?: (client: HubClient) => void,
): Promise<HubClient> {
  const { id, dialect } = access
  // The hub refuses it too, but the reason does not fit into a close frame. Servers of cross_comm have rules of their own.
  if (id !== undefined && dialect !== 'cross_comm') assertClientId(id)
  const { HubClient } = await import('@posthouse/client')
  using trouble = new SocketTrouble()
  const client = new HubClient(clientOptions(access))
  try {
    prepare?.(client)
    await client.connect({ signal })
    return client
  } catch (error) {
    await client.close()
    throw explained(error, access, trouble.reason)
  }
}

function explained(error: unknown, { id }: HubAccess, reason: string | undefined): unknown {
  if (!isPosthouseError(error)) return error
  const { code, message } = error
  if (code === 'unreachable' && reason !== undefined) {
    return new PosthouseError(code, `${message}: ${reason}`, { cause: error })
  }
  if (code === 'forbidden' && id === undefined) {
    return new PosthouseError(code, `${message}; name the client that the token is for with --id`, { cause: error })
  }
  return error
}
