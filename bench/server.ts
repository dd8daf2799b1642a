import { Child } from './child.ts'
import { programPath, startNative } from './native.ts'
import type { Usage } from './peers/announce.ts'

/** The servers that are held side by side. */
export type ServerName = 'hub' | 'relay' | 'socket.io' | 'nats' | 'mosquitto'

/** A running server. */
export interface Server {
  readonly port: number
  usage(): Promise<Usage>
  close(): Promise<void>
}

const programs: Readonly<Partial<Record<ServerName, string>>> = { nats: 'nats-server', mosquitto: 'mosquitto' }

/** The program that a server needs and that is not installed, if there is one. */
export function missingProgram(name: ServerName): string | undefined {
  const program = programs[name]
  return program !== undefined && programPath(program) === undefined ? program : undefined
}

/** Starts a server in a process of its own. */
export function startServer(name: ServerName, profileTo?: string): Promise<Server> {
  switch (name) {
    case 'nats':
      return startNative(programPath('nats-server') ?? '', (port) => ['--addr', '127.0.0.1', '--port', `${port}`])
    case 'mosquitto':
      return startNative(programPath('mosquitto') ?? '', (port) => ['-p', `${port}`])
    default:
      return startNode(`peers/${name.replace('.', '-')}.ts`, profileTo)
  }
}

async function startNode(file: string, profileTo?: string): Promise<Server> {
  const child = new Child(file, { profileTo })
  const { port } = await child.ask<{ readonly port: number }>()
  return { port, usage: () => child.ask<Usage>({}), close: () => child.close() }
}
