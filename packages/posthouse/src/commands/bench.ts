import { PosthouseError } from '@posthouse/core'
import { type Command, Option } from 'commander'
import { type BenchPlan, checkPlan, minSize } from '../bench/plan.ts'
import { ProgressLine } from '../bench/progress-line.ts'
import { isSound, printResult } from '../bench/report.ts'
import type { BenchRun } from '../bench/run.ts'
import { exitCodes } from '../failure.ts'
import { type HubAccess, hubUrl, withHubAccess } from '../hub-access.ts'
import { onInterrupt } from '../interrupt.ts'
import { clientOptions } from '../open-client.ts'
import { checked, durationOption, parseCount } from '../option-values.ts'
import type { Terminal } from '../terminal.ts'

interface BenchOptions extends HubAccess {
  readonly pairs?: number
  readonly fanout?: number
  readonly size: number
  readonly qos: string
  readonly duration: number
  readonly messages?: number
  readonly rate?: number
  readonly window: number
  readonly yes?: boolean
}

const description = `Loads a hub with messages between clients of its own, and reports how fast they come through, how long they take, and
whether each arrived once and in order; the exit status is 1 if one did not. The clients have new ids, which begin with --id, and
are forgotten afterwards.`

/** Adds `posthouse bench`. */
export function addBench(program: Command, terminal: Terminal): void {
  const count = checked(parseCount)
  const command = program
    .command('bench')
    .summary('measure a hub')
    .description(description.replaceAll('\n', ' '))
    .option('--pairs <number>', 'senders with one receiver each (default: 50)', count)
    .addOption(
      new Option('--fanout <number>', 'instead: one sender whose messages go to all, with this many receivers')
        .argParser(count)
        .conflicts('pairs'),
    )
    .option('--size <bytes>', `body of a message; at least ${minSize}`, count, 128)
    .addOption(new Option('--qos <level>', '0: live; 1: stored').choices(['0', '1']).default('0'))
    .addOption(durationOption('--duration <time>', 'how long to measure after warming up, such as 30s or 2m', 5000))
    .option('--messages <number>', 'end earlier, after this many messages', count)
    .option('--rate <number>', 'messages a second, all senders together (default: as fast as they arrive)', count)
    .option('--window <number>', 'messages of one sender that may be in flight', count, 64)
    .option('--yes', 'also load a hub on another computer, or one where a --fanout reaches other programs')
    .action((options) => bench(terminal, options))
  withHubAccess(command)
}

/**
 * Runs one measurement.
 * @throws PosthouseError
 */
async function bench(terminal: Terminal, options: BenchOptions): Promise<void> {
  const plan = planOf(options)
  const url = hubUrl(options)
  const { hostname } = new URL(url)
  const { isLoopback } = await import('@posthouse/hub')
  if (options.yes !== true && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    throw new PosthouseError('invalid_option', `${hostname} is another computer: to load the hub there, add --yes`)
  }
  using interrupt = onInterrupt()
  using line = new ProgressLine(terminal)
  const progress = (sent: number, received: number): void => line.show(`sent ${sent}, received ${received} …`)
  const { BenchRun } = await import('../bench/run.ts')
  await using run = new BenchRun(plan, { progress })
  await run.connect(clientOptions(options), options.id, interrupt.signal)
  if (options.yes !== true && plan.fanout !== undefined) await assertAlone(run)
  const result = await run.run(interrupt.signal)
  line[Symbol.dispose]()
  if (options.json) terminal.print(JSON.stringify({ plan, ...result }))
  else printResult(terminal, plan, result)
  if (result.interrupted) process.exitCode = exitCodes.interrupted
  else if (!isSound(result)) process.exitCode = exitCodes.failed
}

function planOf(options: BenchOptions): BenchPlan {
  const { fanout, pairs = fanout === undefined ? 50 : 1, size, duration, messages, rate, window, dialect } = options
  return checkPlan({
    pairs,
    ...(fanout !== undefined && { fanout }),
    size,
    qos: options.qos === '1' ? 1 : 0,
    durationMs: duration,
    ...(messages !== undefined && { messages }),
    ...(rate !== undefined && { rate }),
    window,
    dialect: dialect ?? 'json',
  })
}

async function assertAlone(run: BenchRun): Promise<void> {
  const others = await run.others()
  if (others.length === 0) return
  const message = `${others.length} other clients would get the messages to all, too: to send them nevertheless, add --yes`
  throw new PosthouseError('invalid_option', message)
}
