import { PosthouseError, parseAddress, reasonOf } from '@posthouse/core'
import type { Command } from 'commander'
import { parseExactly, readInput } from '../body.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { jsonText } from '../message-line.ts'
import { openClient } from '../open-client.ts'
import { durationOption } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

interface CallCommandOptions extends HubAccess {
  readonly timeout: number
  readonly stream?: boolean
}

/** Adds `posthouse call`. */
export function addCall(program: Command, terminal: Terminal): void {
  const command = program
    .command('call')
    .summary('call a method of a client or of the hub')
    .description('Calls a method and prints the answer as JSON. Nothing is stored: who is called must be there.')
    .argument('<to>', 'a client id, client:<id> or hub')
    .argument('<method>', 'what to call; a hub has hub.stats')
    .argument('[body]', 'JSON; - reads it from standard input')
    .addOption(durationOption('--timeout <time>', 'how long the whole answer may take, such as 5s or 2m', 30_000))
    .option('--stream', 'print each part of the answer as it comes, on a line')
    .action((to, method, body, options) => call(terminal, { to, method, body }, options))
  withHubAccess(command)
}

/**
 * Calls a method and prints the answer.
 * @throws PosthouseError
 */
async function call(
  terminal: Terminal,
  { to, method, body }: { readonly to: string; readonly method: string; readonly body: string | undefined },
  options: CallCommandOptions,
): Promise<void> {
  parseAddress(to)
  using interrupt = onInterrupt()
  const value = body === undefined ? undefined : parse(body === '-' ? String(await readInput()) : body)
  const how = { timeoutMs: options.timeout, signal: interrupt.signal }
  await using client = await openClient(options, interrupt.signal)
  if (options.stream) for await (const part of client.stream(to, method, value, how)) terminal.print(jsonText(part))
  else terminal.print(jsonText(await client.request(to, method, value, how)))
  await client.drain()
}

function parse(text: string): unknown {
  try {
    return parseExactly(text)
  } catch (cause) {
    throw new PosthouseError('invalid_body', `the body of a call is written as JSON: ${reasonOf(cause)}`, { cause })
  }
}
