import { isatty } from 'node:tty'
import { systemClock } from '@posthouse/core'

/** Where a launcher stands between, one Ctrl-C arrives twice: from the terminal and passed on. */
const sameMs = 300

/** Turns Ctrl-C and SIGTERM into an abort; the second one ends the process at once. */
export function onInterrupt(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const signals = ['SIGINT', 'SIGTERM'] as const
  let firstAt = 0
  const listener = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstAt > sameMs) process.exit(130)
      return
    }
    firstAt = performance.now()
    controller.abort()
  }
  for (const name of signals) process.on(name, listener)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of signals) process.off(name, listener)
    },
  }
}

/** What a SIGHUP is answered with. */
export interface HangUp {
  /** A service is told by it to read its files again. */
  readonly renew: () => void
  /** A program in a terminal is told by it that the terminal is gone. */
  readonly leave: () => void
}

/** Answers SIGHUP, which would otherwise end the process at once. */
export function onHangUp({ renew, leave }: HangUp): Disposable {
  const listener = isatty(0) ? leave : renew
  process.on('SIGHUP', listener)
  return { [Symbol.dispose]: () => void process.off('SIGHUP', listener) }
}

/** Resolves when `signal` is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Waits so many milliseconds, or until one of the signals is aborted. */
export function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  const end = AbortSignal.any([...signals])
  return new Promise((resolve) => {
    if (end.aborted) return resolve()
    const done = (): void => {
      timer[Symbol.dispose]()
      end.removeEventListener('abort', done)
      resolve()
    }
    // What is longer than 24 days, `setTimeout` runs at once.
    const timer = systemClock.after(ms, done)
    end.addEventListener('abort', done)
  })
}
