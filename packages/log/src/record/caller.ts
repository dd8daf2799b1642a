import { findSourceMap } from 'node:module'
import { basename, extname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a log call stands. */
export interface Caller {
  readonly path: string
  readonly file: string
  /** The file without its ending. */
  readonly module: string
  /** `<anonymous>` for a function without a name, `<module>` outside of functions. */
  readonly function: string
  readonly line: number
}

/** A method of a logger: what is above it on the stack is its caller. */
export type EntryPoint = (...given: never[]) => unknown

/** Where nothing is known. */
export const unknownCaller: Caller = { path: '', file: '?', module: '?', function: '?', line: 0 }

/** The caller of `entry`, or one `depth` above it, for functions that wrap a logger. */
export function findCaller(entry: EntryPoint, depth: number): Caller {
  const sites = stackAbove(entry, depth + 2)
  const site = sites[depth]
  const script = site?.getFileName() ?? ''
  if (site === undefined || script === '') return unknownCaller
  const { source, line } = original(script, site)
  const path = source.startsWith('file:') ? fileURLToPath(source) : source
  const file = basename(path)
  return {
    path: relative(process.cwd(), path),
    file,
    module: basename(file, extname(file)),
    function: site.getFunctionName() || (isModule(sites[depth + 1]) ? '<module>' : '<anonymous>'),
    line,
  }
}

/** The top of the stack as V8 has it. A text of it would have to be made and taken apart again. */
function stackAbove(entry: EntryPoint, frames: number): readonly NodeJS.CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error
  const holder: { stack?: unknown } = {}
  try {
    Error.stackTraceLimit = frames
    Error.prepareStackTrace = (_, sites) => sites
    Error.captureStackTrace(holder, entry)
    // What the function above has made of it.
    return holder.stack as readonly NodeJS.CallSite[]
  } catch {
    // Somebody has frozen Error.
    return []
  } finally {
    restore(stackTraceLimit, prepareStackTrace)
  }
}

function restore(limit: number, prepare: typeof Error.prepareStackTrace): void {
  if (Object.isFrozen(Error)) return
  Error.stackTraceLimit = limit
  Error.prepareStackTrace = prepare
}

/** Where it stands in what the file was compiled from, if the process runs with source maps. */
function original(script: string, site: NodeJS.CallSite): { readonly source: string; readonly line: number } {
  const line = site.getLineNumber() ?? 0
  const map = process.sourceMapsEnabled ? findSourceMap(script) : undefined
  const entry = map?.findEntry(line - 1, (site.getColumnNumber() ?? 1) - 1)
  if (entry === undefined || !('originalSource' in entry)) return { source: script, line }
  return { source: entry.originalSource, line: entry.originalLine + 1 }
}

/** The code of a module is called by Node. */
function isModule(above: NodeJS.CallSite | undefined): boolean {
  return (above?.getFileName() ?? 'node:').startsWith('node:')
}
