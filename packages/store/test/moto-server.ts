import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const venv =
  process.env.POSTHOUSE_PYTHON_PEERS ?? fileURLToPath(new URL('../../../.cache/python-peers', import.meta.url))
const python = process.platform === 'win32' ? `${venv}/Scripts/python.exe` : `${venv}/bin/python`
const moto = process.platform === 'win32' ? `${venv}/Scripts/moto_server.exe` : `${venv}/bin/moto_server`

/** Why there is no server of moto here; nothing where there is one. */
export const withoutMoto: string | false =
  existsSync(python) && existsSync(moto) ? false : 'moto is not installed: bash tests/interop/install.sh'

/** A server process that speaks S3. Dispose ends it. */
export interface MotoServer extends AsyncDisposable {
  readonly endpoint: string
}

export async function startMoto(): Promise<MotoServer> {
  const port = await freePort()
  const child = spawn(moto, ['-H', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  await listening(child)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

/** It says so on its standard error. */
async function listening(child: ChildProcess): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk
      if (said.includes('Running on')) resolve()
    })
    child.once('exit', () => reject(new Error(`moto ended: ${said}`)))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
