import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** The server of `tus-server.ts` in a process of its own, and its port; it is killed when it has stored `deadly` bytes. */
export async function startTus(
  store: string,
  port = 0,
  deadly: number = Number.POSITIVE_INFINITY,
): Promise<[ChildProcess, number]> {
  const file = fileURLToPath(new URL('./tus-server.ts', import.meta.url))
  const child = spawn(process.execPath, [file, store, String(port), String(deadly)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  return [child, Number(String(line))]
}
