import type { HubClient } from '@posthouse/client'
import { isPosthouseError } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { parseInterval } from '../duration.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt, pause } from '../interrupt.ts'
import { openClient } from '../open-client.ts'
import { checked, parseCount } from '../option-values.ts'
import { type Terminal, visible } from '../terminal.ts'
import { type Look, lookAt } from '../watch/look.ts'
import { type Viewer, viewerFor } from '../watch/viewer.ts'

interface WatchOptions extends HubAccess {
  readonly interval: number
  readonly clients: number
  readonly once?: boolean
}

/** Adds `posthouse watch`. */
export function addWatch(program: Command, terminal: Terminal): void {
  const command = program
    .command('watch')
    .summary('watch what a hub does, live')
    .description(
      'Shows the numbers of a hub and its busiest clients, until Ctrl-C: as a table in a terminal, otherwise as lines. If the hub requires authentication, this needs the right to administer it.',
    )
    .addOption(
      new Option('--interval <time>', 'how often to look; at least 100ms')
        .argParser(checked(parseInterval))
        .default(1000, '1s'),
    )
    .option('--clients <number>', 'how many clients to show', checked(parseCount), 100)
    .option('--once', 'show the table once, after one interval')
    .addHelpText(
      'after',
      '\nIN and OUT are messages from and to a client; UNACKED were sent and not acknowledged; INBOX and STORED are what\nwaits for it, QUEUED what it has not read yet. Times are written 30 (seconds), 500ms, 2m or 1h.',
    )
    .action((options) => watch(terminal, options))
  withHubAccess(command)
}

/**
 * Looks at a hub until Ctrl-C.
 * @throws PosthouseError
 */
async function watch(terminal: Terminal, options: WatchOptions): Promise<void> {
  using interrupt = onInterrupt()
  const halted = new AbortController()
  const end = AbortSignal.any([interrupt.signal, halted.signal])
  await using client = await openClient(options, interrupt.signal, (opening) => {
    opening.watch('error', (error) => opening.state === 'closed' && halted.abort(error))
  })
  using viewer = viewerFor(terminal, options)
  await lookUntil(client, viewer, { ...options, end })
  if (halted.signal.aborted) throw halted.signal.reason
  if (client.state === 'online') await client.drain()
}

async function lookUntil(
  client: HubClient,
  viewer: Viewer,
  { interval, clients, once, end }: WatchOptions & { readonly clients: number; readonly end: AbortSignal },
): Promise<void> {
  let before: Look | undefined
  while (!end.aborted) {
    const look = await tryLook(client, viewer, { clients, end })
    if (look !== undefined) {
      // One look alone tells no rates.
      const ready = !once || before !== undefined || 'clients' in look
      if (ready) viewer.show(look, before)
      if (ready && once) return
      before = look
    }
    await pause(interval, end)
  }
}

async function tryLook(
  client: HubClient,
  viewer: Viewer,
  { clients, end }: { readonly clients: number; readonly end: AbortSignal },
): Promise<Look | undefined> {
  try {
    return await lookAt(client, clients, end)
  } catch (error) {
    if (!isPosthouseError(error)) throw error
    if (!end.aborted) {
      const lost = client.state !== 'online'
      viewer.trouble(lost ? 'the connection is lost; trying again …' : `${visible(error.message)} (${error.code})`)
    }
    return undefined
  }
}
