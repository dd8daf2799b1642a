import { basename, extname, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getCallSites } from 'node:util'

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

/** Where nothing is known. */
export const unknownCaller: Caller = { path: '', file: '?', module: '?', function: '?', line: 0 }
/** This package's own frames, at the top of a stack: more than it ever has, and wrappers of others. */
const mostFrames = 12
const own = new URL('../', import.meta.url).href

/** The first frame outside of this package, or one `depth` above it, for functions that wrap a logger. */
export function findCaller(depth: number): Caller {
  const frames = getCallSites(Math.min(200, mostFrames + depth), { sourceMap: process.sourceMapsEnabled })
  const first = frames.findIndex(({ scriptName }) => !isOwn(scriptName))
  const frame = frames[first + depth] ?? frames.at(-1)
  if (first < 0 || frame === undefined) return unknownCaller
  const path = frame.scriptName.startsWith('file:') ? fileURLToPath(frame.scriptName) : frame.scriptName
  const file = basename(path)
  const inModule = frame.functionName === '' && (frames[first + depth + 1]?.scriptName ?? 'node:').startsWith('node:')
  return {
    path: relative(process.cwd(), path),
    file,
    module: basename(file, extname(file)),
    function: frame.functionName || (inModule ? '<module>' : '<anonymous>'),
    line: frame.lineNumber,
  }
}

function isOwn(script: string): boolean {
  return script.startsWith(own)
}
