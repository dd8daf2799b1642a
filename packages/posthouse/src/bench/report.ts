import type { Terminal } from '../terminal.ts'
import { type BenchPlan, describePlan } from './plan.ts'
import type { BenchResult } from './run.ts'

/** From this share of a core on, this process and not the hub may be what is measured. */
const busyCpu = 0.85

/** Whether everything arrived once and in order. */
export function isSound({ lost, repeated, disordered }: BenchResult): boolean {
  return lost + repeated + disordered === 0
}

/** Prints a result for people. */
export function printResult(terminal: Terminal, plan: BenchPlan, result: BenchResult): void {
  const { latencyMs: latency, seconds, interrupted } = result
  const bytes = (perSecond: number): string => `${((perSecond * plan.size) / 1_000_000).toFixed(1)} MB/s`
  const line = (name: string, text: string): void => terminal.print(`${terminal.style('bold', name.padEnd(10))}${text}`)
  const flow = (perSecond: number): string => `${count(perSecond)} a second, ${bytes(perSecond)} of bodies`
  terminal.print(`${describePlan(plan)}; ${seconds.toFixed(1)} s${interrupted ? ', ended early' : ''}\n`)
  line('sent', flow(result.sentPerSecond))
  line('received', flow(result.receivedPerSecond))
  line('latency', `p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, p99.9 ${ms(latency.p999)}, max ${ms(latency.max)}`)
  line('checked', `${count(result.sent)} sent: ${checks(result)}`)
  const refused = Object.entries(result.refused).map(([code, times]) => `${code} ${count(times)}`)
  if (refused.length > 0) line('refused', refused.join(', '))
  if (result.disconnects > 0) line('cut', `${result.disconnects} connections were lost on the way`)
  line('here', `this process used ${Math.round(result.cpu * 100)} % of a core`)
  terminal.print(`\n${meaning(plan, result)}`)
}

function checks({ lost, repeated, disordered }: BenchResult): string {
  return `${count(lost)} lost, ${count(repeated)} repeated, ${count(disordered)} out of order`
}

/** What the numbers say, and what they do not. */
function meaning({ rate, qos }: BenchPlan, { cpu }: BenchResult): string {
  const sentences = [
    'Latency is from when a message was due to be sent until a handler had it, through this process, the network and the hub.',
    rate === undefined
      ? 'Without --rate each sender sends on as soon as a message has arrived: the latency is that of a full line. For the latency at a load of yours, say --rate.'
      : 'A message that was sent late because the line was full counts from when it was due.',
    qos === 0 ? 'Live messages (qos 0) may get lost where a receiver reads too slowly.' : '',
    cpu > busyCpu ? 'All clients run in this one process, which was busy: the hub may be faster than this shows.' : '',
  ]
  return sentences.filter((sentence) => sentence !== '').join('\n')
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function ms(value: number): string {
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)} ms`
}
