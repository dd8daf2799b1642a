import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startNative } from '../native.ts'
import type { BareServer } from '../server.ts'

/** The row of FastAPI, which runs in Python. */
export const fastApi = 'FastAPI, uvicorn'

const folder = fileURLToPath(new URL('./', import.meta.url))
const python = process.env.POSTHOUSE_FASTAPI ?? 'python3'

/** True where the Python that POSTHOUSE_FASTAPI names, or the first in the path, has FastAPI and uvicorn. */
export function hasFastApi(): boolean {
  return spawnSync(python, ['-c', 'import fastapi, uvicorn']).status === 0
}

/** Serves orders with one process of uvicorn, which takes uvloop and httptools where they are installed. */
export function startFastApi(): Promise<BareServer> {
  return startNative(python, (port) => [
    ...['-m', 'uvicorn', 'orders:app', '--app-dir', folder],
    ...['--port', String(port), '--no-access-log', '--log-level', 'error'],
  ])
}
