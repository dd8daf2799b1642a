import { PosthouseError } from '@posthouse/core'
import { Argument, type Command } from 'commander'
import { exitCodes } from '../failure.ts'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { bodyText, jsonText } from '../message-line.ts'
import { moment } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked, collected, parseCount, parsePosition } from '../option-values.ts'
import { printTable } from '../table.ts'
import { type Terminal, visible } from '../terminal.ts'
import { bytes } from '../watch/quantity.ts'

interface DeadLettersOptions extends HubAccess {
  readonly client?: string
  readonly all?: boolean
  readonly after?: number
  readonly limit?: number
}

interface DeadLettersWords extends DeadLettersOptions {
  readonly action: string
  readonly seqs: readonly number[]
}

/** Asks the hub something. */
type Ask = (method: string, body: unknown) => Promise<HubAnswer>

/** Most dead letters that a hub lists at once. */
const mostListed = 256
const usualListed = 100

const actions = { list, show, redrive, purge } as const

/** Adds `posthouse dead-letters`. */
export function addDeadLetters(program: Command, terminal: Terminal): void {
  const command = program
    .command('dead-letters')
    .summary('show messages that could not be processed; redrive or purge them')
    .description(
      'Shows the messages that their recipients gave back too often, or that were refused when they became due. redrive sends them again as if they were new, purge removes them for good. If the hub requires authentication, this needs the right to administer it.',
    )
    .addArgument(new Argument('[action]', 'what to do').choices(Object.keys(actions)).default('list'))
    .addArgument(
      new Argument('[seqs...]', 'positions, for show (one), redrive and purge').argParser(collected(parsePosition)),
    )
    .option('--client <id>', 'with list, redrive --all and purge --all: only those that were for this client')
    .option('--all', 'with redrive and purge: all of them')
    .option('--after <seq>', 'with list: only entries after this position', checked(parsePosition))
    .option(
      '--limit <number>',
      `with list: how many at most, up to ${mostListed} (default: ${usualListed})`,
      checked(parseCount),
    )
    .action((action, seqs, options) => deadLetters(terminal, { ...options, action, seqs: seqs ?? [] }))
  withHubAccess(command)
}

/**
 * Does what `action` says.
 * @throws PosthouseError
 */
async function deadLetters(terminal: Terminal, words: DeadLettersWords): Promise<void> {
  checkWords(words)
  using interrupt = onInterrupt()
  await using client = await openClient(words, interrupt.signal)
  const ask: Ask = (method, body) => askHub(client, `hub.deadLetters.${method}`, body, interrupt.signal)
  await actions[words.action as keyof typeof actions](terminal, ask, words)
  await client.drain()
}

/** @throws PosthouseError `invalid_option` */
function checkWords(words: DeadLettersWords): void {
  const mistake = mistakeOf(words)
  if (mistake !== undefined) throw new PosthouseError('invalid_option', mistake)
}

function mistakeOf(words: DeadLettersWords): string | undefined {
  const { action, seqs, all = false, after, limit } = words
  if (action === 'list') {
    return seqs.length > 0 || all ? 'list takes no positions: posthouse dead-letters show <seq>' : undefined
  }
  // Who purges with a limit must not lose everything.
  if (after !== undefined || limit !== undefined) return '--after and --limit go with list'
  return action === 'show' ? mistakeOfShow(words) : mistakeOfMany(words)
}

function mistakeOfShow({ seqs, all = false, client }: DeadLettersWords): string | undefined {
  if (all || client !== undefined) return 'show takes a position, and neither --all nor --client'
  return seqs.length === 1 ? undefined : 'show takes one position: posthouse dead-letters show <seq>'
}

function mistakeOfMany({ action, seqs, all = false, client }: DeadLettersWords): string | undefined {
  if (seqs.length > 0 && (all || client !== undefined)) return `${action} takes positions, or --all, not both`
  return seqs.length === 0 && !all ? `name the positions to ${action}, or all of them with --all` : undefined
}

async function list(terminal: Terminal, ask: Ask, words: DeadLettersWords): Promise<void> {
  const { client, after, limit = usualListed } = words
  const answer = await ask('list', { limit, ...(client !== undefined && { client }), ...(after && { after }) })
  const entries = answer.list('entries')
  if (words.json) terminal.print(jsonText(entries.map(({ value }) => value)))
  else if (entries.length === 0) terminal.note('there are no dead letters')
  else {
    printTable<HubAnswer>(
      terminal,
      [
        { title: 'SEQ', numeric: true, cell: (each) => String(each.number('seq')) },
        { title: 'FROM', cell: (each) => each.text('from') },
        { title: 'TO', cell: (each) => each.text('to') },
        { title: 'CLIENT', cell: (each) => each.maybe('client', each.text) ?? '' },
        { title: 'TYPE', cell: (each) => each.text('type') },
        { title: 'SIZE', numeric: true, cell: (each) => bytes(each.number('bytes')) },
        { title: 'ATTEMPTS', numeric: true, cell: (each) => String(each.number('attempt')) },
        { title: 'REASON', cell: (each) => each.text('reason') },
        { title: 'SINCE', cell: (each) => moment(each.number('at')) },
      ],
      entries,
    )
  }
}

async function show(terminal: Terminal, ask: Ask, { seqs: [seq = 0], json }: DeadLettersWords): Promise<void> {
  const answer = await ask('show', { seq })
  if (answer.value.entry === null) {
    process.exitCode = exitCodes.failed
    if (json) terminal.print('null')
    else noteMissing(terminal, seq)
    return
  }
  const entry = answer.answer('entry')
  if (json) {
    terminal.print(jsonText(entry.value))
    return
  }
  const { body, headers, ...rest } = entry.value
  for (const [name, value] of Object.entries(rest)) {
    const text = (name === 'ts' || name === 'at') && typeof value === 'number' ? moment(value) : bodyText(value)
    terminal.print(`${terminal.style('gray', name.padEnd(8))} ${visible(text)}`)
  }
  if (headers !== undefined)
    terminal.print(`${terminal.style('gray', 'headers '.padEnd(8))} ${visible(jsonText(headers))}`)
  terminal.print(`\n${visible(bodyText(body))}`)
}

async function redrive(terminal: Terminal, ask: Ask, words: DeadLettersWords): Promise<void> {
  let redriven = 0
  const left: number[] = []
  // One at a time, so that it is known which ones stay.
  for await (const seq of words.all ? everySeq(ask, words.client) : new Set(words.seqs)) {
    const went = (await ask('redrive', { seqs: [seq] })).number('redriven')
    if (went === 0) left.push(seq)
    redriven += went
  }
  await told(terminal, ask, { json: words.json, done: { redriven }, left })
}

async function purge(terminal: Terminal, ask: Ask, { seqs, client, ...words }: DeadLettersWords): Promise<void> {
  const left: number[] = []
  if (!words.all) for (const seq of new Set(seqs)) if (!(await isThere(ask, seq))) left.push(seq)
  const named = words.all ? (client === undefined ? {} : { client }) : { seqs }
  const purged = (await ask('purge', named)).number('purged')
  await told(terminal, ask, { json: words.json, done: { purged }, left })
}

async function isThere(ask: Ask, seq: number): Promise<boolean> {
  const [entry] = (await ask('list', { limit: 1, after: seq - 1 })).list('entries')
  return entry?.number('seq') === seq
}

/** The positions of all, page by page. What is sent on and refused again stays, so each page begins behind the last. */
async function* everySeq(ask: Ask, client: string | undefined): AsyncIterable<number> {
  for (let after = 0; ; ) {
    const page = await ask('list', { limit: mostListed, after, ...(client !== undefined && { client }) })
    const seqs = page.list('entries').map((entry) => entry.number('seq'))
    yield* seqs
    if (seqs.length < mostListed) return
    after = seqs.at(-1) ?? after
  }
}

/** What was done, and the positions at which nothing was. */
interface Outcome {
  readonly json: boolean | undefined
  readonly done: { readonly redriven: number } | { readonly purged: number }
  readonly left: readonly number[]
}

/** Says it; the exit status is 1 where something that was asked for was not done. */
async function told(terminal: Terminal, ask: Ask, { json, done, left }: Outcome): Promise<void> {
  if (left.length > 0) process.exitCode = exitCodes.failed
  if (json) {
    terminal.print(jsonText({ ...done, ...(left.length > 0 && { left }) }))
    return
  }
  for (const [what, count] of Object.entries(done)) terminal.print(`${count} ${what}`)
  for (const seq of left) {
    if (await isThere(ask, seq)) terminal.note(`the dead letter at position ${seq} stays: expired, or refused again`)
    else noteMissing(terminal, seq)
  }
}

function noteMissing(terminal: Terminal, seq: number): void {
  terminal.note(`there is no dead letter at position ${seq}: posthouse dead-letters lists them`)
}
