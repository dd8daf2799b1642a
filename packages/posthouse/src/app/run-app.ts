import type { App } from '@posthouse/web'
import { aborted, onInterrupt } from '../interrupt.ts'
import type { Terminal } from '../terminal.ts'

/** Where an app is to listen. */
export interface AppAddress {
  readonly host: string
  readonly port: number
}

/** Serves an app until Ctrl-C or SIGTERM, then lets it finish. @throws PosthouseError `port_in_use`, `cannot_listen` */
export async function runApp(terminal: Terminal, app: App, where: AppAddress): Promise<void> {
  using interrupt = onInterrupt()
  const { port } = await app.listen(where)
  terminal.note(`listening on ${urlOf({ ...where, port })}. Ctrl-C stops it.`)
  try {
    await aborted(interrupt.signal)
    terminal.note('draining; Ctrl-C again stops at once')
  } finally {
    await app.drain()
  }
}

/** What a browser on this computer opens. */
export function urlOf({ host, port }: AppAddress): string {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
