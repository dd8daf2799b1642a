import assert from 'node:assert/strict'
import { type Frame, RawPeer, type RawPeerOptions } from './raw-peer.ts'
import type { RunningHub } from './start-hub.ts'

let asked = 0

/** Asks to work for a queue, or no longer, and returns the answer, of whichever op. */
export async function ask(peer: RawPeer, op: 'subscribe' | 'unsubscribe', fields: Frame = {}): Promise<Frame> {
  const id = `q-${++asked}`
  peer.send({ op, id, to: 'queue:jobs', ...fields })
  return peer.next((frame) => frame.id === id || (frame.about as Frame | undefined)?.id === id)
}

/** Logs in and works for `queue:jobs`. */
export async function worker(
  server: Pick<RunningHub, 'url'>,
  client: string,
  prefetch = 1,
  options: RawPeerOptions = {},
): Promise<RawPeer> {
  const peer = await RawPeer.login(server.url, client, options)
  assert.equal((await ask(peer, 'subscribe', { prefetch })).op, 'subscribe')
  return peer
}

/** Acknowledges one message of a queue. */
export function done(peer: RawPeer, ...frames: readonly Frame[]): void {
  peer.send(...frames.map(({ stream, seq }) => ({ op: 'ack', stream, seq })))
}

/** The ids of what came, in order. */
export async function ids(peer: RawPeer, count: number): Promise<unknown[]> {
  return (await peer.deliveries(count)).map(({ id }) => id)
}

/** Resolves when the hub has committed what the peers said before. */
export async function committed(server: RunningHub, peer: RawPeer): Promise<void> {
  await peer.settled()
  await server.hub.deadLetters.purge({ seqs: [] })
}
