import { type Frame, RawPeer } from './raw-peer.ts'
import type { RunningHub } from './start-hub.ts'

/** A peer that answers calls. */
export function callee(
  server: Pick<RunningHub, 'url'>,
  client: string,
  dialect: 'json' | 'msgpack' = 'json',
): Promise<RawPeer> {
  return RawPeer.login(server.url, client, { dialect, hello: { caps: ['calls'] } })
}

/** A call of the method `add`. */
export function request(to: string, fields: Frame = {}): Frame {
  return { op: 'request', id: 'r1', to, method: 'add', ...fields }
}

/** Has alice call bob, and returns the call as bob was asked. */
export async function asked(alice: RawPeer, bob: RawPeer, fields: Frame = {}): Promise<Frame> {
  alice.send(request('bob', fields))
  return bob.next('request')
}
