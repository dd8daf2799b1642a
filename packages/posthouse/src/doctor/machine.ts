import { freemem, totalmem } from 'node:os'
import { type Finding, ok, problem, warning } from './finding.ts'

/** Below this, a hub has no room for the inboxes and queues of a busy day, in bytes. */
const enoughMemory = 256 * 1_048_576
/** Files that a hub has open besides its connections. */
const ownFiles = 50
/** When this was written, in Unix milliseconds: no clock that is right shows less. */
const earliest = Date.UTC(2026, 0, 1)
/** How far the wall clock may run from the steady one during the checks, in milliseconds. */
const tolerance = 500

/** Whether this Node can run Posthouse. */
export function nodeFinding(version: string = process.versions.node, path: string = process.execPath): Finding {
  if (Number.parseInt(version, 10) < 24) {
    return problem('Node', `${version} at ${path}: Posthouse needs 24 or newer`, 'Install Node 24 from nodejs.org.')
  }
  const brought = /node_modules[/\\]node-/.test(path) ? ', which npm has brought along' : ''
  return ok('Node', `${version} at ${path}${brought}`)
}

/** Whether there is memory left. */
export function memoryFinding(available: number = process.availableMemory(), total: number = allMemory()): Finding {
  const says = `${mebibytes(available)} of ${mebibytes(total)} are free`
  if (available >= enoughMemory) return ok('memory', says)
  return warning('memory', says, 'A busy hub wants 256 MiB and more: end other programs, or give the container more.')
}

/** How many connections the limit of open files allows. */
export function filesFinding(limit: number | undefined = openFiles()): Finding {
  if (limit === undefined) return ok('open files', 'this system has no limit, or does not tell it')
  const room = Math.max(0, limit - ownFiles)
  const says = `at most ${limit}: room for about ${room} connections`
  if (limit >= 1024) return ok('open files', says)
  return warning('open files', says, 'Raise it before the hub starts: ulimit -n 65536, or LimitNOFILE in its unit.')
}

/** Starts to compare the wall clock with the steady one; the answer says what happened in between. */
export function watchClock(now: () => number = Date.now, elapsed = (): number => performance.now()): () => Finding {
  const [startedAt, startedElapsed] = [now(), elapsed()]
  return () => {
    const steady = elapsed() - startedElapsed
    const shift = now() - startedAt - steady
    const says = new Date(now()).toISOString()
    const advice = 'Let the system set its clock (NTP): times of messages and of certificates depend on it.'
    if (now() < earliest) return problem('clock', `${says} is in the past`, advice)
    if (steady < 0)
      return problem('clock', 'the steady clock went backwards', 'Restart; in a virtual machine, update it.')
    if (Math.abs(shift) <= tolerance) return ok('clock', says)
    return warning('clock', `it was set by ${Math.round(shift)} ms during these checks`, advice)
  }
}

/** A number of bytes in MiB. */
export function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / 1_048_576).toLocaleString('en')} MiB`
}

function allMemory(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : Math.max(totalmem(), freemem())
}

/** Node has no call for it, but its diagnostic report tells. */
function openFiles(): number | undefined {
  // Names of peers, which it would ask the name service for; the type library does not know the switch.
  Reflect.set(process.report, 'excludeNetwork', true)
  const report: unknown = process.report.getReport()
  const soft = member(member(member(report, 'userLimits'), 'open_files'), 'soft')
  return typeof soft === 'number' ? soft : undefined
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
