import { PosthouseError } from '@posthouse/core'
import type { BadFrame } from '../frame/codec.ts'
import type { ClientFrame, HelloFrame } from '../frame/frames.ts'

/**
 * Judges the first frame of a v1 connection: only a well-formed `hello` goes on.
 * @throws PosthouseError `unexpected_frame`, `malformed_frame`
 */
export function expectHello(frame: ClientFrame | BadFrame | undefined): HelloFrame {
  if (frame?.op === 'hello') return frame
  if (frame?.op === 'bad' && frame.about === 'hello') {
    // An invalid field alone would leave the connection alive, but without hello there is nothing to live for.
    throw new PosthouseError('malformed_frame', frame.error.message, { cause: frame.error })
  }
  const seen = frame === undefined ? 'nothing' : frame.op === 'bad' ? frame.about || 'a frame without op' : frame.op
  throw new PosthouseError('unexpected_frame', `the first frame must be hello, not ${seen}`)
}
