import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, type ChildOptions } from './child.ts'
import { programPath, startNative } from './native.ts'
import type { Usage } from './peers/announce.ts'

/** The servers that are held side by side. */
export type ServerName =
  | 'hub'
  | 'hub-memory'
  | 'hub-process'
  | 'hub-disk'
  | 'relay'
  | 'reference'
  | 'socket.io'
  | 'nats'
  | 'jetstream'
  | 'mosquitto'
  | 'mosquitto-kept'

/** A running server. */
export interface Server {
  readonly port: number
  usage(): Promise<Usage>
  /** Bytes in its folder. */
  diskBytes(): number
  /** Kills it and starts it again in the same folder, on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

const programs: Readonly<Partial<Record<ServerName, string>>> = {
  nats: 'nats-server',
  jetstream: 'nats-server',
  mosquitto: 'mosquitto',
  'mosquitto-kept': 'mosquitto',
}

/** The program that a server needs and that is not installed, if there is one. */
export function missingProgram(name: ServerName): string | undefined {
  const program = programs[name]
  return program !== undefined && programPath(program) === undefined ? program : undefined
}

/** Starts a server in a process of its own, with a folder that goes with it. */
export async function startServer(name: ServerName, profileTo?: string): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-bench-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const server = await startIn(folder, name, profileTo)
    const close = async (): Promise<void> => {
      await server.close()
      await remove()
    }
    return { ...server, close, diskBytes: () => bytesIn(folder) }
  } catch (error) {
    await remove()
    throw error
  }
}

/** A server without what goes with every one. */
export type BareServer = Omit<Server, 'diskBytes'>

function startIn(folder: string, name: ServerName, profileTo?: string): Promise<BareServer> {
  const program = programPath(programs[name] ?? '') ?? ''
  switch (name) {
    case 'nats':
      return startNative(program, (port) => ['--addr', '127.0.0.1', '--port', `${port}`])
    case 'jetstream':
      return startNative(program, (port) => [
        ...['--addr', '127.0.0.1', '--port', `${port}`],
        ...['--jetstream', '--store_dir', folder],
      ])
    case 'mosquitto':
      return startNative(program, (port) => ['-p', `${port}`])
    case 'mosquitto-kept':
      return startNative(program, (port) => ['-c', mosquittoSettings(folder, port)])
    case 'hub-memory':
    case 'hub-process':
    case 'hub-disk':
      return startNode('peers/keeping-hub.ts', { profileTo, args: [name.slice('hub-'.length), folder] })
    case 'reference':
      return startNode('peers/reference.ts', { profileTo, args: [folder] })
    default:
      return startNode(`peers/${name.replace('.', '-')}.ts`, { profileTo })
  }
}

/** As its Debian package does it: everything in memory, and in a file every half an hour. */
function mosquittoSettings(folder: string, port: number): string {
  const path = join(folder, 'mosquitto.conf')
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${folder}/`,
    // It would become a user that may not write there.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

async function startNode(file: string, options: ChildOptions): Promise<BareServer> {
  let child = new Child(file, options)
  const { port } = await child.ask<{ readonly port: number }>()
  let spentUs = 0
  const usage = async (): Promise<Usage> => {
    const { cpuUs, ...rest } = await child.ask<Usage>({})
    return { ...rest, cpuUs: cpuUs + spentUs }
  }
  return {
    port,
    usage,
    restart: async () => {
      spentUs = (await usage()).cpuUs
      await child.kill()
      child = new Child(file, { ...options, args: [...(options.args ?? []), `${port}`] })
      await child.ask()
    },
    close: () => child.close(),
  }
}

function bytesIn(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}
