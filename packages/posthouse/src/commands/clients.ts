import { type HubAccess, openClient } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { type Terminal, visible } from '../terminal.ts'

/** Options of `posthouse clients`. */
export interface ClientsOptions extends HubAccess {
  readonly all?: boolean
}

/**
 * Shows who is there; with `all` also who was.
 * @throws PosthouseError
 */
export async function clients(terminal: Terminal, options: ClientsOptions): Promise<void> {
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const listed = await client.clients({ online: !options.all, signal: interrupt.signal })
  const others = listed.filter((info) => info.client !== client.clientId)
  if (options.json) terminal.print(JSON.stringify(others))
  else if (others.length === 0) terminal.note(options.all ? 'no client has been here yet' : 'no client is online')
  else {
    const rows = others.map(({ client: id, online, dialect, since, lastSeen }) => [
      visible(id),
      online ? 'online' : 'offline',
      dialect ?? '',
      time(since),
      time(lastSeen),
    ])
    terminal.table(['CLIENT', 'STATUS', 'DIALECT', 'SINCE', 'LAST SEEN'], rows)
  }
  await client.drain()
}

function time(ms: number | undefined): string {
  if (!ms) return ''
  const date = new Date(ms)
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
