import { Message } from '@posthouse/core'
import { type DeliverFrame, fromBodyValue } from '@posthouse/protocol'

/**
 * The message that a delivery carries.
 * @throws PosthouseError `invalid_body`
 */
export function messageOf(frame: DeliverFrame): Message {
  const { type, body } = frame
  return new Message({ ...frame, body: fromBodyValue(type, body.format === 'value' ? body.value : body.bytes) })
}
