import { PosthouseError, reasonOf } from '@posthouse/core'
import { throwIfAborted } from '@posthouse/core/policy'

/** How a node is asked. */
export interface AskNodeOptions {
  readonly token: string | undefined
  readonly signal: AbortSignal
}

/**
 * What a node answers to a GET.
 * @throws PosthouseError `unreachable`, `unauthenticated`, `forbidden`, `unsupported`, `aborted`
 */
export async function askNode(place: string, { token, signal }: AskNodeOptions): Promise<unknown> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(place, { headers, signal }).catch((cause: unknown) => {
    throwIfAborted(signal)
    throw new PosthouseError('unreachable', `nobody answers at ${place}: ${reasonOf(cause)}`, { cause })
  })
  const { status } = response
  if (response.ok) return await response.json()
  await response.body?.cancel()
  if (status === 401) throw new PosthouseError('unauthenticated', `${place} requires authentication: give a token`)
  if (status === 403) throw new PosthouseError('forbidden', `${place} is not permitted with this token`)
  throw new PosthouseError(
    'unsupported',
    `${place} answers ${status}: this node serves no procedures; up --procedures gives it some`,
  )
}
