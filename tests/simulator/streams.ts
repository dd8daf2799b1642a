import { cursorName } from '@posthouse/core'
import { inboxStream } from '@posthouse/protocol'
import type { Cable } from './cable.ts'

/** Messages to everyone come in this stream. */
export const logStream = 'all'

/** True for the streams whose deliveries are looked at here: the others have their observers. */
export function isOwn(stream: string): boolean {
  return stream === inboxStream || stream === logStream
}

/** The stream that a frame is about. */
export function streamOf({ stream = inboxStream }: { readonly stream?: string }): string {
  return stream
}

/** The cursor that a frame is about. */
export function placeOf({ client }: Cable, frame: { readonly stream?: string }): string {
  return cursorName(client, streamOf(frame))
}

/** Whose cursor it is. */
export function ownerOf(cursor: string): string {
  return cursor.split('\n')[0] ?? cursor
}
