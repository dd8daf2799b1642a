import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import type { BareServer } from './server.ts'

/** Clock ticks in a second, in which Linux counts processor time for its programs. */
const ticksPerSecond = 100

/** Where a program lies, if it is installed. Debian keeps servers where the path of users does not lead. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** Starts a server that is no Node program, on a free port. */
export async function startNative(program: string, args: (port: number) => readonly string[]): Promise<BareServer> {
  const port = await freePort()
  const child = spawn(program, args(port), { stdio: 'ignore' })
  try {
    await reachable(port, child)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    port,
    usage: async () => ({ ...procUsage(child.pid ?? 0), atMs: performance.now() }),
    restart: () => Promise.reject(new Error(`${program} is not restarted here`)),
    close: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGTERM')
      await exit
    },
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function reachable(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 400 && child.exitCode === null; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (connected) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${child.spawnfile} does not listen`)
}

/** proc(5): fields 14 and 15 of `stat` are the ticks spent in the program and in the kernel for it. */
function procUsage(pid: number): { readonly cpuUs: number; readonly rssBytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const rssKb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0'
  return { cpuUs: (ticks / ticksPerSecond) * 1e6, rssBytes: Number(rssKb) * 1024 }
}
