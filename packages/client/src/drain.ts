import { type Clock, PosthouseError } from '@posthouse/core'
import type { Dialog } from './dialog/dialog.ts'
import type { Later } from './later.ts'
import type { Listeners } from './listening/listeners.ts'
import type { ClientState } from './listening/watchers.ts'

/** What is drained. */
export interface Draining {
  readonly clock: Clock
  readonly listeners: Listeners
  readonly dialog: Later<Dialog>
  readonly client: { readonly state: ClientState }
  closed(): boolean
  /** Has `told` called whenever something has come to its end. */
  onRest(told: () => void): void
}

/**
 * Waits until what is under way is finished.
 * @throws PosthouseError `timeout`
 */
export async function drain(draining: Draining, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = (): void => {
    if (isOver(draining)) resolve()
  }
  draining.onRest(check)
  const timer = draining.clock.after(timeoutMs, resolve)
  check()
  await promise
  timer[Symbol.dispose]()
  if (isIdle(draining)) return
  throw new PosthouseError('timeout', `not everything could be finished within ${timeoutMs} ms`)
}

/** There is nothing more to wait for. */
function isOver(draining: Draining): boolean {
  // A client that nobody connects confirms nothing, however long one waits.
  return draining.closed() || isIdle(draining) || (draining.client.state === 'idle' && isQuiet(draining))
}

/** Nothing is under way. */
function isIdle(draining: Draining): boolean {
  return isQuiet(draining) && (draining.dialog.loaded?.idle ?? true)
}

/** No handler is at work. */
function isQuiet({ listeners, dialog }: Draining): boolean {
  return listeners.idle && !dialog.loaded?.parts.loaded?.busy
}
