import { PosthouseError } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { type HubAccess, withHubAccess } from '../hub-access.ts'
import { askHub, type HubAnswer } from '../hub-answer.ts'
import { onInterrupt } from '../interrupt.ts'
import { moment, parseEarlier } from '../moment.ts'
import { openClient } from '../open-client.ts'
import { checked } from '../option-values.ts'
import { percentile } from '../percentile.ts'
import { printTable } from '../table.ts'
import { type Terminal, visible } from '../terminal.ts'
import { span } from '../watch/quantity.ts'

interface StatsOptions extends HubAccess {
  readonly from?: number
  readonly to?: number
  readonly by: string
}

/** Longest time that a hub tells of at once. */
const longestMs = 31 * 86_400_000

/** Adds `posthouse stats`. */
export function addStats(program: Command, terminal: Terminal): void {
  const command = program
    .command('stats')
    .summary('show the traffic of a hub, by the hour')
    .description(
      'Shows how many messages a hub has accepted and delivered, how long they took and what failed. If the hub requires authentication, this needs the right to administer it.',
    )
    .option(
      '--from <when>',
      'a date such as 2026-11-20, or a time ago such as 7d (default: 24h)',
      checked(parseEarlier),
    )
    .option('--to <when>', 'the same (default: now)', checked(parseEarlier))
    .addOption(
      new Option('--by <what>', 'what to group the messages by')
        .choices(['hour', 'type', 'client', 'channel'])
        .default('hour'),
    )
    .addHelpText(
      'after',
      '\nA message to three clients counts once as taken and three times as delivered, and again if it is redelivered. One that\nis refused because its recipient is unknown or has a full inbox counts as taken and as failed. Times of delivery are\nmeasured from when the hub accepted a message until it was acknowledged.',
    )
    .action((options) => stats(terminal, options))
  withHubAccess(command)
}

/**
 * Shows what went through a hub.
 * @throws PosthouseError
 */
async function stats(terminal: Terminal, { from, to, by, ...options }: StatsOptions): Promise<void> {
  checkTimes(from, to ?? Date.now())
  using interrupt = onInterrupt()
  await using client = await openClient(options, interrupt.signal)
  const wanted = { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...(by !== 'hour' && { by }) }
  const answer = await askHub(client, 'hub.statistics', wanted, interrupt.signal)
  await client.drain()
  if (options.json) terminal.print(JSON.stringify(answer.value))
  else {
    printSums(terminal, answer)
    if (by === 'hour') printHours(terminal, answer)
    else printLabels(terminal, answer, by)
  }
}

/** @throws PosthouseError `invalid_option` */
function checkTimes(from: number | undefined, to: number): void {
  if (from === undefined) return
  if (from >= to) throw new PosthouseError('invalid_option', '--from must be earlier than --to')
  if (to - from > longestMs) {
    throw new PosthouseError('invalid_option', '--from and --to must not be more than 31 days apart')
  }
}

function printSums(terminal: Terminal, answer: HubAnswer): void {
  const title = (text: string): string => terminal.style('gray', text.padEnd(10))
  terminal.print(`${title('time')} ${moment(answer.number('from'))} to ${moment(answer.number('to'))}`)
  terminal.print(
    `${title('messages')} ${whole(answer.number('messages'))} taken, ${whole(answer.number('delivered'))} delivered`,
  )
  terminal.print(`${title('took')} ${latencyText(answer.answer('latencyMs'))}`)
  const failures = Object.entries(answer.answer('failures').value)
  const told = failures.map(([code, count]) => `${visible(code)} ${whole(Number(count))}`).join(', ')
  terminal.print(`${title('failures')} ${told === '' ? 'none' : told}`)
}

function latencyText(latency: HubAnswer): string {
  const count = latency.number('count')
  if (count === 0) return 'nothing was acknowledged'
  const buckets = latency.list('buckets').map((each) => ({ le: each.number('le'), count: each.number('count') }))
  const at = (share: number): string => duration(percentile({ count, max: latency.number('max'), buckets }, share))
  return `half up to ${at(0.5)}, 95 % up to ${at(0.95)}, 99 % up to ${at(0.99)}, at most ${duration(latency.number('max'))}`
}

function printHours(terminal: Terminal, answer: HubAnswer): void {
  const hours = answer.list('hours')
  if (hours.length === 0) return
  terminal.print()
  printTable<HubAnswer>(
    terminal,
    [
      { title: 'HOUR', cell: (hour) => moment(hour.number('from')) },
      { title: 'TAKEN', numeric: true, cell: (hour) => whole(hour.number('messages')) },
      { title: 'DELIVERED', numeric: true, cell: (hour) => whole(hour.number('delivered')) },
      { title: 'FAILED', numeric: true, cell: (hour) => whole(hour.number('failed')) },
    ],
    hours,
  )
}

function printLabels(terminal: Terminal, answer: HubAnswer, by: string): void {
  const labels = answer.list('labels').map((each) => ({ label: each.text('label'), traffic: each }))
  const other = answer.answer('other')
  const others = other.number('messages') + other.number('delivered') > 0
  if (labels.length === 0 && !others) return
  terminal.print()
  printTable(
    terminal,
    [
      { title: by.toUpperCase(), cell: ({ label }) => label },
      {
        title: by === 'client' ? 'SENT' : 'TAKEN',
        numeric: true,
        cell: ({ traffic }) => whole(traffic.number('messages')),
      },
      {
        title: by === 'client' ? 'RECEIVED' : 'DELIVERED',
        numeric: true,
        cell: ({ traffic }) => whole(traffic.number('delivered')),
      },
    ],
    others ? [...labels, { label: '(all others)', traffic: other }] : labels,
  )
}

function whole(value: number): string {
  return value.toLocaleString('en')
}

function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  return ms < 10_000 ? `${Math.round(ms)} ms` : span(ms)
}
