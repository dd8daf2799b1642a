import { type Frame, RawPeer } from './raw-peer.ts'
import type { RunningHub } from './start-hub.ts'

let asked = 0

/** Asks a question about a group and returns the answer to it, of whichever op. */
export async function ask(peer: RawPeer, op: 'join' | 'leave', fields: Frame = {}): Promise<Frame> {
  const id = `q-${++asked}`
  peer.send({ op, id, to: 'group:team', ...fields })
  return peer.next((frame) => frame.id === id || (frame.about as Frame | undefined)?.id === id)
}

/** Clients with these ids, logged in. */
export async function login(server: RunningHub, ...ids: readonly string[]): Promise<RawPeer[]> {
  return Promise.all(ids.map((id) => RawPeer.login(server.url, id)))
}

/** Cuts the connections of all. */
export async function cutAll(...peers: readonly RawPeer[]): Promise<void> {
  for (const peer of peers) await peer.cut()
}
