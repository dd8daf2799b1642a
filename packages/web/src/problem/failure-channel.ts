import { channel } from 'node:diagnostics_channel'

/** Where failures of handlers are told to tools, such as `posthouse dev`, that show them better than a log. */
const failures = channel('posthouse.web.failure')

/** Tells what a handler failed with. */
export function tellFailure(error: unknown, requestId: string): void {
  if (failures.hasSubscribers) failures.publish({ error, requestId })
}
