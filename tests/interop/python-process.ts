import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonLine, JsonLineProcess } from './json-line-process.ts'

/** Why a test is skipped where the Python library is not installed. */
export const PYTHON_PEERS_MISSING = 'the original Python library is not installed: bash tests/interop/install.sh'

/** How the Python process is run. */
export interface PythonOptions {
  /** Added to the environment, for example `OSS_ENDPOINT` and the two access keys. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>
  /** Working directory, against which file paths are read. Default: ours. */
  readonly cwd?: string
}

const here = import.meta.dirname
const venv = process.env.POSTHOUSE_PYTHON_PEERS ?? join(here, '../../.cache/python-peers')

/** The path of the Python that has the original library, or undefined where it is missing or out of date. */
export function pythonPeersAvailable(): string | undefined {
  const wanted = createHash('sha256')
    .update(readFileSync(join(here, 'requirements.txt')))
    .digest('hex')
  const stamp = join(venv, 'requirements.sha256')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8').trim() !== wanted) return undefined
  return [join(venv, 'bin/python'), join(venv, 'Scripts/python.exe')].find((path) => existsSync(path))
}

/** Starts one of the Python scripts beside this file with the Python that has the library. */
export function startPython(script: string, args: readonly string[], { env, cwd }: PythonOptions): JsonLineProcess {
  const command = pythonPeersAvailable()
  if (command === undefined) throw new Error(PYTHON_PEERS_MISSING)
  return new JsonLineProcess({
    command,
    args: ['-B', '-u', join(here, script), ...args],
    env: { PYTHONUTF8: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
}

/** Waits for the line with which a script says that it is ready; ends the process when it does not come. */
export async function becomeReady(python: JsonLineProcess, event: string): Promise<JsonLine> {
  try {
    return await python.take((line) => line.event === event, { timeoutMs: 30_000 })
  } catch (error) {
    await python[Symbol.asyncDispose]()
    throw error
  }
}
