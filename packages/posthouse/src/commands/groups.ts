import { PosthouseError } from '@posthouse/core'
import { Argument, type Command } from 'commander'
import { everyPage } from '../every-page.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { printTable } from '../table.ts'
import { type Terminal, visible } from '../terminal.ts'

interface GroupsOptions extends HubAccess {
  readonly owner?: boolean
}

interface GroupsWords {
  readonly action: string
  readonly group: string | undefined
  readonly client: string | undefined
}

/** What was taken away, or not. */
interface Told {
  readonly json: boolean
  readonly what: 'ended' | 'removed'
  readonly whom: string
}

/** Asks the hub something. */
type Ask = (method: string, body: unknown) => Promise<HubAnswer>

/** Adds `posthouse groups`. */
export function addGroups(program: Command, terminal: Terminal): void {
  const command = program
    .command('groups')
    .summary('show and change groups')
    .description(
      'Shows the groups of a hub or the members of one, and adds and removes members. If the hub requires authentication, this needs the right to administer it.',
    )
    .addArgument(
      new Argument('[action]', 'what to do').choices(['list', 'members', 'add', 'remove', 'end']).default('list'),
    )
    .argument('[group]', 'name of a group; add creates it if it does not exist')
    .argument('[client]', 'client id, for add and remove; it may be offline')
    .option('--owner', 'with add: make the client an owner, who may add and remove others')
    .action((action, group, client, options) => groups(terminal, { action, group, client }, options))
  withHubAccess(command)
}

/**
 * Does what `action` says.
 * @throws PosthouseError
 */
async function groups(terminal: Terminal, words: GroupsWords, options: GroupsOptions): Promise<void> {
  const act = actionOf(words, options)
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const ask: Ask = (method, body) => askHub(client, method, body, interrupt.signal)
  await act(terminal, ask)
  await client.drain()
}

/** @throws PosthouseError `invalid_option` */
function actionOf(words: GroupsWords, options: GroupsOptions): (terminal: Terminal, ask: Ask) => Promise<void> {
  const { json = false, owner = false } = options
  if (owner && words.action !== 'add') throw new PosthouseError('invalid_option', '--owner goes with add')
  assertNoMore(words)
  if (words.action === 'list') return (terminal, ask) => list(terminal, ask, json)
  const group = needed(words, 'group').replace(/^group:/, '')
  if (words.action === 'members') return (terminal, ask) => members(terminal, ask, { group, json })
  if (words.action === 'end') {
    return async (terminal, ask) =>
      tell(terminal, await ask('hub.groups.end', { group }), { json, what: 'ended', whom: group })
  }
  const client = needed(words, 'client')
  if (words.action === 'add') {
    return async (terminal, ask) => {
      const member = await ask('hub.groups.add', { group, client, ...(owner && { role: 'owner' }) })
      if (json) terminal.print(JSON.stringify(member.value))
      else terminal.print(`${visible(client)} is ${member.text('role')} of ${visible(group)}`)
    }
  }
  return async (terminal, ask) =>
    tell(terminal, await ask('hub.groups.remove', { group, client }), {
      json,
      what: 'removed',
      whom: `${client} from ${group}`,
    })
}

async function list(terminal: Terminal, ask: Ask, json: boolean): Promise<void> {
  const all = await everyPage((after) => ask('hub.groups.list', { after, limit: 200 }), 'groups', 'group')
  if (json) terminal.print(JSON.stringify(all.map(({ value }) => value)))
  else if (all.length === 0) terminal.note('there is no group')
  else {
    printTable<HubAnswer>(
      terminal,
      [
        { title: 'GROUP', cell: (each) => each.text('group') },
        { title: 'MEMBERS', numeric: true, cell: (each) => String(each.number('members')) },
      ],
      all,
    )
  }
}

async function members(
  terminal: Terminal,
  ask: Ask,
  { group, json }: { readonly group: string; readonly json: boolean },
): Promise<void> {
  const all = await everyPage((after) => ask('hub.groups.members', { group, after, limit: 200 }), 'members', 'client')
  if (json) terminal.print(JSON.stringify(all.map(({ value }) => value)))
  else {
    printTable<HubAnswer>(
      terminal,
      [
        { title: 'CLIENT', cell: (each) => each.text('client') },
        { title: 'ROLE', cell: (each) => each.text('role') },
        { title: 'SINCE', cell: (each) => moment(each.number('since')) },
      ],
      all,
    )
  }
}

/** What was not there cannot be taken away: that is told, and is no failure. */
function tell(terminal: Terminal, answer: HubAnswer, { json, what, whom }: Told): void {
  if (json) terminal.print(JSON.stringify(answer.value))
  else if (answer.value[what] === true) terminal.print(`${what} ${visible(whom)}`)
  else terminal.note(`nothing to do: ${what === 'ended' ? 'there is no such group' : 'it was no member'}`)
}

/** Who names a client must not end the whole group. */
function assertNoMore({ action, group, client }: GroupsWords): void {
  if (action === 'add' || action === 'remove') return
  const [what, usage] = action === 'list' ? [group, ''] : [client, ' <group>']
  if (what === undefined) return
  throw new PosthouseError('invalid_option', `${action} takes no ${visible(what)}: posthouse groups ${action}${usage}`)
}

function needed({ action, ...words }: GroupsWords, name: 'group' | 'client'): string {
  const word = words[name]
  if (word !== undefined && word !== '') return word
  const usage = name === 'group' && (action === 'members' || action === 'end') ? '<group>' : '<group> <client>'
  throw new PosthouseError('invalid_option', `${action} needs a ${name}: posthouse groups ${action} ${usage}`)
}
