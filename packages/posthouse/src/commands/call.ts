import { PosthouseError, parseAddress, reasonOf } from '@posthouse/core'
import type { Command } from 'commander'
import { parseExactly, readInput } from '../body.ts'
import { type HubAccess, hubUrl, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { jsonText } from '../message-line.ts'
import { unanswered } from '../network-reason.ts'
import { openCaller } from '../open-caller.ts'
import { openClient } from '../open-client.ts'
import { durationOption } from '../option-values.ts'
import { type Terminal, visible } from '../terminal.ts'

interface CallCommandOptions extends HubAccess {
  readonly timeout: number
  readonly to?: string
  readonly http?: boolean
  readonly watch?: boolean
}

/** What is called, and how long it may take. */
interface Wish {
  readonly name: string
  readonly value: unknown
  readonly how: { readonly timeoutMs: number; readonly signal: AbortSignal }
}

/** Adds `posthouse call`. */
export function addCall(program: Command, terminal: Terminal): void {
  const command = program
    .command('call')
    .summary('call a procedure, or a method of a client or of the hub')
    .description(
      'Calls a procedure once, over the socket or, while there is none, over HTTP, and prints the answer as JSON. With --to it ' +
        'calls a method of a client, or of the hub; such a call is not stored, and its callee must be online.',
    )
    .argument('<name>', 'a procedure such as user.get, or a method')
    .argument('[data]', 'JSON; - reads it from standard input')
    .option('--to <address>', 'whose method to call: a client id, client:<id> or hub')
    .option('--http', 'call a procedure over HTTP only')
    .option(
      '--watch',
      'print each item of the answer as it arrives, one per line, and the progress that the procedure reports',
    )
    .addOption(durationOption('--timeout <time>', 'how long the whole answer may take, such as 5s or 2m', 30_000))
    .action((name, data, options) => call(terminal, { name, data }, options))
  withHubAccess(command)
}

/**
 * Calls and prints the answer.
 * @throws PosthouseError
 */
async function call(
  terminal: Terminal,
  { name, data }: { readonly name: string; readonly data: string | undefined },
  options: CallCommandOptions,
): Promise<void> {
  assertFitting(options)
  using interrupt = onInterrupt()
  const value = data === undefined ? undefined : parse(data === '-' ? String(await readInput()) : data)
  const wish = { name, value, how: { timeoutMs: options.timeout, signal: interrupt.signal } }
  if (options.to !== undefined) return await callMethod(terminal, wish, { ...options, to: options.to })
  try {
    await callProcedure(terminal, wish, options)
  } catch (error) {
    throw unanswered(hubUrl(options), error)
  }
}

async function callProcedure(terminal: Terminal, { name, value, how }: Wish, options: CallCommandOptions) {
  await using client = await openCaller(options)
  if (!options.watch) return terminal.print(jsonText(await client.call(name, value, how)))
  const onProgress = (progress: unknown): void =>
    terminal.note(terminal.style('gray', visible(jsonText(progress)), terminal.err))
  for await (const item of client.stream(name, value, { ...how, onProgress })) terminal.print(jsonText(item))
}

async function callMethod(
  terminal: Terminal,
  { name, value, how }: Wish,
  { to, ...options }: CallCommandOptions & { readonly to: string },
): Promise<void> {
  await using client = await openClient(options, how.signal)
  if (options.watch) for await (const part of client.stream(to, name, value, how)) terminal.print(jsonText(part))
  else terminal.print(jsonText(await client.request(to, name, value, how)))
  await client.drain()
}

/** No word is taken and left without effect. @throws PosthouseError `invalid_option`, `invalid_address` */
function assertFitting({ to, http, id, dialect }: CallCommandOptions): void {
  if (to !== undefined) {
    parseAddress(to)
    if (http) throw new PosthouseError('invalid_option', '--http is for procedures: it does not go with --to')
  } else if (id !== undefined || dialect !== 'json') {
    throw new PosthouseError(
      'invalid_option',
      '--id and --dialect are for calls through the hub: name who is called by --to',
    )
  }
}

function parse(text: string): unknown {
  try {
    return parseExactly(text)
  } catch (cause) {
    throw new PosthouseError('invalid_body', `the data of a call is written as JSON: ${reasonOf(cause)}`, { cause })
  }
}
