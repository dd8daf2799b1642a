/** What is to be done before the process is gone. */
export interface Leaver {
  flush(): void
  reopen(): void
}

const leavers = new Set<Leaver>()
const gathering = new Set<Leaver>()
const reopening = new Set<Leaver>()
const endings = ['SIGTERM', 'SIGINT'] as const
let listening = false
let leaving = false

/** What a leaver wants to hear of. */
export interface LeaveOptions {
  /** It has lines that are not written: signals that end the process have to wait for them. */
  readonly gathers: boolean
  /** SIGHUP opens its files anew. */
  readonly reopens: boolean
}

/** Sees to it that what was gathered is written however the process ends, short of being killed; until disposed of. */
export function beforeLeaving(leaver: Leaver, { gathers, reopens }: LeaveOptions): Disposable {
  if (!listening) process.on('exit', leave)
  listening = true
  leavers.add(leaver)
  if (gathers) add(gathering, leaver, endings, onEnding)
  if (reopens) add(reopening, leaver, ['SIGHUP'], reopenAll)
  return {
    [Symbol.dispose]: () => {
      leavers.delete(leaver)
      remove(gathering, leaver, endings, onEnding)
      remove(reopening, leaver, ['SIGHUP'], reopenAll)
    },
  }
}

type Listener = (signal: NodeJS.Signals) => void

function add(set: Set<Leaver>, leaver: Leaver, signals: readonly NodeJS.Signals[], listener: Listener): void {
  if (set.size === 0) for (const signal of signals) process.on(signal, listener)
  set.add(leaver)
}

function remove(set: Set<Leaver>, leaver: Leaver, signals: readonly NodeJS.Signals[], listener: Listener): void {
  if (set.delete(leaver) && set.size === 0) for (const signal of signals) process.off(signal, listener)
}

/** Whether the process is about to be gone: what is logged from now on is not gathered any more. */
export function isLeaving(): boolean {
  return leaving
}

function leave(): void {
  leaving = true
  flushAll()
}

function flushAll(): void {
  for (const leaver of leavers) leaver.flush()
}

/** Does what the signal would have done, unless the program has its own listener, which decides. */
function onEnding(signal: NodeJS.Signals): void {
  flushAll()
  if (process.listenerCount(signal) > 1) return
  process.off(signal, onEnding)
  process.kill(process.pid, signal)
}

function reopenAll(): void {
  for (const leaver of reopening) leaver.reopen()
}
