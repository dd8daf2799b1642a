import assert from 'node:assert/strict'
import type { Frame, RawPeer } from './raw-peer.ts'

let asked = 0

/** Asks a question about channels and returns the answer to it, of whichever op. */
export async function ask(
  peer: RawPeer,
  op: 'subscribe' | 'unsubscribe',
  to: string,
  fields: Frame = {},
): Promise<Frame> {
  const id = `q-${++asked}`
  peer.send({ op, id, to, ...fields })
  return peer.next((frame) => frame.id === id || (frame.about as Frame | undefined)?.id === id)
}

export function seqOf(frame: Frame): number {
  return (frame.position as { readonly seq: number }).seq
}

/** What a delivery says: its stream, address and body. */
export function gist({ stream, to, body }: Frame): unknown {
  return [stream, to, body]
}

/** Publishes texts, numbered from `n`. */
export async function publish(peer: RawPeer, to: string, n: number, count = 1): Promise<void> {
  for (let at = n; at < n + count; at++) assert.equal((await peer.publish(to, at)).state, 'stored')
}

export function acknowledge(peer: RawPeer, { stream, seq }: Frame): void {
  peer.send({ op: 'ack', stream, seq })
}

export async function bodies(peer: RawPeer, count: number): Promise<unknown[]> {
  return (await peer.deliveries(count)).map(({ body }) => body)
}

export async function deliveredSoFar(peer: RawPeer): Promise<Frame[]> {
  return (await peer.settled()).filter(({ op }) => op === 'deliver')
}
