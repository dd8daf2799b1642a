import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** The program that serves the original. */
const program = `
import logging
from httpbin import app
from werkzeug.serving import make_server
logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = make_server('127.0.0.1', 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
`

/** A Python that has httpbin. That of the system comes last, since another one may come first in the path. */
const python = ['python3', '/usr/bin/python3'].find(hasHttpbin)

/** Why the original cannot be asked; false where it can. */
export const withoutOriginal: string | false =
  python === undefined ? 'httpbin is not installed: apt-get install python3-httpbin' : false

/** The original, in a process of its own. Dispose ends it. */
export async function startOriginal(): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(python ?? 'python3', ['-c', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const [port] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => ['none'])])
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

function hasHttpbin(command: string): boolean {
  try {
    execFileSync(command, ['-c', 'import httpbin'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
