import type { HubClient } from '@posthouse/client'
import { type Position, PosthouseError } from '@posthouse/core'
import { askHub } from './hub-answer.ts'
import { parseCount } from './option-values.ts'

/** The name of a channel, or a pattern, without what an address has before it. */
export function channelName(word: string): string {
  return word.replace(/^channel:/, '')
}

/** What a gap says to people: what was asked for and is not there. */
export function gapText(reason: string, from: number, to: number): string {
  if (reason === 'epoch') return 'the hub has lost what it kept, and counts anew'
  return `what came behind ${from}, up to ${to}, is not kept any more`
}

/** A position to begin behind, or `start`. @throws PosthouseError `invalid_option` */
export function parseAfter(word: string): number | 'start' {
  if (word === 'start') return word
  if (word === '0') return 0
  try {
    return parseCount(word)
  } catch (cause) {
    throw new PosthouseError('invalid_option', 'a position is start or a whole number', { cause })
  }
}

/**
 * The position as a hub understands it: it counts anew where it has lost what it kept.
 * @throws PosthouseError
 */
export async function positionBehind(
  client: HubClient,
  { channel, after, signal }: { readonly channel: string; readonly after: number; readonly signal: AbortSignal },
): Promise<Position> {
  // Any channel will do, but for one that may be asked about.
  const name = channel.replaceAll('*', 'x')
  const answer = await askHub(client, 'history', { channel: name, last: 1 }, signal)
  return { epoch: answer.answer('position').text('epoch'), seq: after }
}
