import { PosthouseError } from '@posthouse/core'
import type { FrameBody, Limits } from '@posthouse/protocol'

/**
 * Refuses an encoded body that is too large. Spec: 6.1.3.
 * @throws PosthouseError `body_too_large`
 */
export function assertBodyFits(body: FrameBody | undefined, { bodyBytes }: Pick<Limits, 'bodyBytes'>): void {
  const bytes = body === undefined || body.format === 'value' ? 0 : body.bytes.byteLength
  if (bytes <= bodyBytes) return
  throw new PosthouseError('body_too_large', `the body has ${bytes} bytes; at most ${bodyBytes} are allowed`)
}
