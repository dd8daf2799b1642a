import type { Command } from 'commander'
import { tokenOf, trustAlso } from '../credentials.ts'
import { type HubAccess, hubUrl, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { unanswered } from '../network-reason.ts'
import { askNode } from '../node-answer.ts'
import { printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'

/** A procedure as a node lists it. */
interface Listed {
  readonly name: string
  readonly description?: string
  readonly streaming: boolean
  readonly idempotent: boolean
  readonly input?: { readonly properties?: object }
}

/** Adds `posthouse procedures`. */
export function addProcedures(program: Command, terminal: Terminal): void {
  const command = program
    .command('procedures')
    .summary('show what can be called')
    .description(
      'Shows the procedures of a node, their parameters, and whether they may run twice; with --json their schemas.',
    )
    .action((options) => procedures(terminal, options))
  withHubAccess(command)
}

/**
 * Shows the procedures.
 * @throws PosthouseError
 */
async function procedures(terminal: Terminal, options: HubAccess): Promise<void> {
  using interrupt = onInterrupt()
  if (options.ca !== undefined) trustAlso(options.ca)
  const url = new URL(hubUrl(options))
  const place = `${url.protocol.replace('ws', 'http')}//${url.host}/api/procedures`
  const given = tokenOf(options)
  const token = typeof given === 'function' ? await given() : given
  const asked = askNode(place, { token, signal: interrupt.signal })
  const all = (await asked.catch((error: unknown) => {
    throw unanswered(hubUrl(options), error)
  })) as readonly Listed[]
  if (options.json) return terminal.print(JSON.stringify(all))
  if (all.length === 0) return terminal.note('there are no procedures')
  printTable<Listed>(
    terminal,
    [
      { title: 'PROCEDURE', cell: ({ name }) => name },
      { title: 'TAKES', cell: ({ input }) => Object.keys(input?.properties ?? {}).join(', ') },
      { title: 'ANSWERS', cell: ({ streaming }) => (streaming ? 'items' : 'once') },
      { title: 'TWICE', cell: ({ idempotent }) => (idempotent ? 'does no harm' : '') },
      { title: 'WHAT IT DOES', cell: ({ description = '' }) => description },
    ],
    all,
  )
}
