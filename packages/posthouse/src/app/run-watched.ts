import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { aborted, onInterrupt, pause } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'
import { WatchedFiles } from './watched-files.ts'

/** How long a process may take to end in good order, in milliseconds. */
const graceMs = 10_000

/** What Node says of a file that it loads, in a process with this variable. */
const reporting = 'WATCH_REPORT_DEPENDENCIES'

/** True in a process that `runWatched` has begun. */
export function isWatched(): boolean {
  return process.env[reporting] !== undefined
}

/** Runs this command in a process of its own until Ctrl-C or SIGTERM, and again whenever a file changes that it has loaded. */
export async function runWatched(terminal: Terminal): Promise<void> {
  using interrupt = onInterrupt()
  const { signal } = interrupt
  const interrupted = aborted(signal)
  let changed = Promise.withResolvers<string>()
  using files = new WatchedFiles((path) => changed.resolve(path))
  while (!signal.aborted) {
    changed = Promise.withResolvers()
    const child = begin(files)
    const exit = once(child, 'exit')
    let isWanted = true
    void exit.then(() => isWanted && terminal.note('it has ended; the next change of a file starts it again'))
    const path = await Promise.race([changed.promise, interrupted])
    isWanted = false
    if (path !== undefined) terminal.note(`${relative('.', path)} has changed; starting again`)
    await end(child, exit)
  }
}

function begin(files: WatchedFiles): ChildProcess {
  const args = [...process.execArgv, ...process.argv.slice(1)]
  const env = { ...process.env, NODE_ENV: process.env.NODE_ENV ?? 'development', [reporting]: '1' }
  const child = spawn(process.execPath, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env })
  child.on('message', (message) => {
    for (const path of loadedIn(message)) files.add(path)
  })
  return child
}

/** The files that a message tells of. */
function loadedIn(message: unknown): readonly string[] {
  if (typeof message !== 'object' || message === null) return []
  const loaded = Object.entries(message).flatMap(([name, value]) => (name.startsWith('watch:') ? [value].flat() : []))
  return loaded.flatMap((each: unknown) => {
    if (typeof each !== 'string') return []
    if (each.startsWith('file:')) return [fileURLToPath(each)]
    return each.includes(':') && !/^[a-z]:[\\/]/i.test(each) ? [] : [each]
  })
}

/** Lets it finish what it has begun. */
async function end(child: ChildProcess, exit: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const over = new AbortController()
  await Promise.race([exit.then(() => over.abort()), pause(graceMs, over.signal)])
  if (!over.signal.aborted) child.kill('SIGKILL')
  await exit
}
