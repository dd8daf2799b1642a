import { networkInterfaces } from 'node:os'
import { relative } from 'node:path'
import type { Durability } from '@posthouse/core'
import type { Listening } from '@posthouse/hub'
import { defaultUrl } from './default-hub.ts'
import type { Terminal } from './terminal.ts'

/** What a hub that has just started says of itself. */
export interface Started extends Listening {
  /** What stored messages survive. */
  readonly durability: Durability
  /** Where they are kept, unless in memory. */
  readonly database: string
  /** Only programs on this computer reach it. */
  readonly local: boolean
  /** Clients need a token. */
  readonly guarded: boolean
  /** cross_comm programs may come. */
  readonly legacy: boolean
  /** It can be administered by HTTP. */
  readonly administration: boolean
}

/** Says where the hub is and what to try next. */
export function banner(terminal: Terminal, where: Started): void {
  const { url, port, guarded } = where
  const title = (text: string): string => terminal.style('bold', text)
  const extra = url === defaultUrl ? '' : ` --url ${url}`
  const as = (id: string): string => (guarded ? ` --token-file ${id}.token` : '')
  const token = guarded ? ", token: '…'" : ''
  terminal.print(`${title('Posthouse')} is listening on ${terminal.style('green', url)}. ${storage(where)} Ctrl-C stops it.

${title('Try it')}, each in a terminal of its own:
  npx posthouse listen --id bob${extra}${as('bob')}
  npx posthouse send bob "hello"${guarded ? ' --id alice' : ''}${extra}${as('alice')}

${title('TypeScript or JavaScript')} with @posthouse/client:
  import { HubClient } from '@posthouse/client'
  const alice = new HubClient({ url: '${url}', clientId: 'alice'${token} })
  alice.on('text', (message) => console.log(message.from, message.body))
  await alice.connect()
  await alice.send('bob', 'hello')
`)
  terminal.print(browserHint(terminal, where))
  if (guarded)
    terminal.print(
      `${title('Tokens')} are made with: npx posthouse token --name bob --file <the token file> > bob.token\n`,
    )
  if (where.legacy) terminal.print(pythonHint(terminal, port))
  terminal.print(networkHint(terminal, where))
}

/** Where messages are kept, and how safe they are there. */
function storage({ durability, database }: Started): string {
  if (durability === 'memory') return 'Messages are kept in memory: they are lost when it stops.'
  const place = relative('', database)
  const shown = place.startsWith('..') ? database : place
  const survived =
    durability === 'disk' ? 'survive a loss of power' : 'survive if it is killed, but not a loss of power'
  return `Messages are kept in ${shown} and ${survived}.`
}

function browserHint(terminal: Terminal, { url, guarded, administration }: Started): string {
  const base = url.replace(/^ws/, 'http')
  const heading = terminal.style('bold', 'A browser')
  if (!administration) return `${heading} shows at ${base} what else there is.\n`
  const who = guarded ? 'for tokens that may administer' : 'open to this computer only, as there is no authentication'
  return `${heading} shows at ${base} what else there is; ${base}/api/v1 is for administration, ${who}.\n`
}

function pythonHint(terminal: Terminal, port: number): string {
  return `${terminal.style('bold', 'Python')} (pip install pywayne; programs that use its cross_comm need no change):
  from pywayne.cross_comm import CrossCommService, CommMsgType
  carol = CrossCommService(role='client', ip='127.0.0.1', port=${port}, client_id='carol')
  await carol.login()
  await carol.send_message('hello', CommMsgType.TEXT, 'bob')
`
}

function networkHint(terminal: Terminal, { url, host, port, local, guarded }: Started): string {
  const heading = terminal.style('bold', 'Other computers')
  if (local) {
    const again = `npx posthouse up --host 0.0.0.0 --port ${port} --insecure`
    const more = url.startsWith('wss:') ? '' : ', and with a certificate'
    if (guarded) return `${heading} cannot reach this hub: start it with --host 0.0.0.0${more}.\n`
    return `${heading} cannot reach this hub. In a network that you trust, start it with\n  ${again}\n`
  }
  const scheme = url.slice(0, url.indexOf(':'))
  const addresses = host === '0.0.0.0' || host === '::' ? ownAddresses() : [host]
  return `${heading} connect to\n${addresses.map((address) => `  ${scheme}://${address}:${port}`).join('\n')}\n`
}

function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
}
