import assert from 'node:assert/strict'
import { PosthouseError } from '@posthouse/core'
import type { Authenticator, LoginAttempt, Principal } from '@posthouse/hub'
import { Arrivals } from './arrivals.ts'
import { RawPeer, type RawPeerOptions } from './raw-peer.ts'
import type { RunningHub } from './start-hub.ts'

/** Lets in who has the token `secret`. */
export async function bySecret({ token }: LoginAttempt): Promise<Principal> {
  if (token === 'secret') return { name: 'friend', clients: ['*'] }
  throw new PosthouseError('unauthenticated', 'the token is wrong')
}

/** An authenticator whose questions the test answers itself. */
export class Questions {
  readonly asked = new Arrivals<{ attempt: LoginAttempt; answer: PromiseWithResolvers<Principal> }>('a question')
  readonly authenticate = (attempt: LoginAttempt): Promise<Principal> => {
    const answer = Promise.withResolvers<Principal>()
    this.asked.push({ attempt, answer })
    return answer.promise
  }
}

/** An authenticator that lets everyone in, until it is told otherwise. */
export class Register implements Authenticator {
  readonly #listeners = new Set<() => void>()
  principal: Principal | undefined

  constructor(principal: Principal) {
    this.principal = principal
  }

  readonly authenticate = (): Principal => {
    if (this.principal === undefined) throw new PosthouseError('unauthenticated', 'nobody comes in')
    return this.principal
  }

  current(): Principal | undefined {
    return this.principal
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  get watched(): boolean {
    return this.#listeners.size > 0
  }

  become(principal: Principal | undefined): void {
    this.principal = principal
    for (const listener of this.#listeners) listener()
  }
}

/** What `bySecret` lets in. */
export const secret: RawPeerOptions = { hello: { token: 'secret' } }

/** How a hello is refused; fails where it is not. */
export async function refusal(
  server: RunningHub,
  options: RawPeerOptions = {},
  client = 'alice',
): Promise<{ readonly code: number; readonly reason: string }> {
  await using peer = await RawPeer.hello(server.url, client, options)
  const closed = await peer.closed()
  assert.deepEqual(peer.frames.untaken, [])
  return closed
}
