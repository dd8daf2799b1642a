import { isPosthouseError, PosthouseError } from '../errors.ts'

/** Why the signal has aborted: the reason where it is an error of ours, as that of a deadline, otherwise `aborted`. */
export function abortedBy(signal: AbortSignal): PosthouseError {
  const reason: unknown = signal.reason
  return isPosthouseError(reason) ? reason : new PosthouseError('aborted', 'the caller gave up', { cause: reason })
}

/**
 * Nothing while the signal has not aborted.
 * @throws PosthouseError why it has: the reason where it is an error of ours, otherwise `aborted`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal)
}
