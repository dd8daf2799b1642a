import type { CallClient } from '@posthouse/client/calls'
import { tokenOf, trustAlso } from './credentials.ts'
import { type HubAccess, hubUrl } from './hub-access.ts'

/**
 * A client for the procedures of the node that the words name; a path in its URL is that of the calls over HTTP.
 * @throws PosthouseError `invalid_option`
 */
export async function openCaller(access: HubAccess & { readonly http?: boolean }): Promise<CallClient> {
  const { createCallClient } = await import('@posthouse/client/calls')
  if (access.ca !== undefined) trustAlso(access.ca)
  const token = tokenOf(access)
  const { protocol, host, pathname } = new URL(hubUrl(access))
  return createCallClient({
    ...(!access.http && { socketUrl: `${protocol}//${host}` }),
    httpUrl: `${protocol.replace('ws', 'http')}//${host}${pathname === '/' ? '/api/call' : pathname}`,
    ...(token !== undefined && { token }),
    // The command says itself what went wrong.
    logLevel: 'silent',
  })
}
