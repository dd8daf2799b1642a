import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { factsLine, factsNow } from '../facts.ts'
import { Conversation } from './conversation.ts'
import { Memory } from './memory.ts'
import { SoakNode } from './soak-node.ts'
import { openVisitors, type Visits } from './visits.ts'

/**
 * A node of the command under messages, calls, files and requests at once; then it drains while messages go on and calls are under
 * way, and starts again: `npm run soak -- --minutes 10`. It ends with 1 where anything was lost, refused, or came twice or out of order.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    pairs: { type: 'string', default: '20' },
    'per-second': { type: 'string', default: '20' },
  },
})
/** From one look at the memory to the next, in milliseconds. */
const lookMs = 5000
/** How long messages may take to arrive at the end, in milliseconds. */
const settleMs = 60_000
const slowCalls = 10

const folder = await mkdtemp(join(tmpdir(), 'posthouse-soak-'))
try {
  process.exitCode = (await soak(folder)) ? 0 : 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function soak(folder: string): Promise<boolean> {
  const started = factsNow()
  const data = join(folder, 'data')
  await mkdir(join(folder, 'files'))
  await using first = await SoakNode.start(data)
  const { url, port } = first
  const pairs = Array.from({ length: Number(values.pairs) }, (_, index) => new Conversation(url, String(index)))
  await using stack = new AsyncDisposableStack()
  for (const pair of pairs) stack.use(pair)
  await Promise.all(pairs.map((pair) => pair.connect()))
  const talking = new AbortController()
  const talks = pairs.map((pair) => pair.run(Number(values['per-second']), talking.signal))
  const memory = new Memory()
  const visits = await visited(first, join(folder, 'files'), memory)
  const drain = await drained(first)
  await using second = await SoakNode.start(data, port)
  await setTimeout(3000)
  talking.abort()
  await Promise.all(talks)
  await Promise.all(pairs.map((pair) => pair.settled(settleMs)))
  const counts = [`${pairs.reduce((sum, { received }) => sum + received, 0)} messages`, ...visits.map(countOf)]
  const complaints = [...first.complaints, ...second.complaints].map((line) => `log: ${line}`)
  const faults = [...pairs, ...visits].flatMap((each) => each.faults).concat(drain.faults, complaints)
  const report = [factsLine(started), `${values.minutes} minutes: ${counts.join(', ')}`, ...memory.lines(), drain.line]
  for (const line of [
    ...report,
    ...(faults.length > 0 ? faults : ['no error, nothing lost, doubled or out of order']),
  ]) {
    process.stdout.write(`${line}\n`)
  }
  return faults.length === 0
}

/** Has everything done for as long as was asked for. */
async function visited(node: SoakNode, files: string, memory: Memory): Promise<readonly Visits[]> {
  const visiting = new AbortController()
  await using visitors = await openVisitors(node.url, files)
  const runs = visitors.visits.map(([visits, perSecond]) => visits.run(perSecond, visiting.signal))
  const end = performance.now() + Number(values.minutes) * 60_000
  while (performance.now() < end) {
    await memory.look(node)
    await setTimeout(lookMs)
  }
  visiting.abort()
  await Promise.all(runs)
  return visitors.visits.map(([visits]) => visits)
}

/** Calls that are under way when the node is told to end are to be answered. */
async function drained(node: SoakNode): Promise<{ readonly line: string; readonly faults: readonly string[] }> {
  const call = async (): Promise<string> => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ api: 'slow', data: {} })
    return (await fetch(`${node.base}/api/call`, { method: 'POST', headers, body })).text()
  }
  const calls = Array.from({ length: slowCalls }, call)
  const under = async (): Promise<number> => (await node.metrics()).get('posthouse_procedure_calls_running') ?? 0
  while ((await under()) < slowCalls) await setTimeout(10)
  const since = performance.now()
  const status = await node.drain()
  const answers = await Promise.allSettled(calls)
  const good = answers.filter((each) => each.status === 'fulfilled' && each.value.includes('"data":"done"')).length
  const line = `drained in ${((performance.now() - since) / 1000).toFixed(1)} s with messages going on, ${good} of ${slowCalls} calls under way answered`
  const faults = [
    ...(status === 0 ? [] : [`drain: ended with ${status}`]),
    ...(good === slowCalls ? [] : [`drain: ${line}`]),
  ]
  return { line, faults }
}

function countOf({ done, name }: Visits): string {
  return `${done} ${name}`
}
