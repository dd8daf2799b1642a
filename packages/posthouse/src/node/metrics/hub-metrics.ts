import type { HistogramStats, Hub, HubStats, QueueInfo } from '@posthouse/hub'
import { type Distribution, gauge, type Metric, type Sample } from './metric.ts'

/** So many queues are told one by one: whoever may name queues could otherwise make series without end. */
const mostQueues = 100

/** What the labels behind the dots of counters are called, and what else counters mean. The rest is named by their names. */
const labels: Readonly<Record<string, string>> = {
  disconnects: 'code',
  logins: 'dialect',
  refused: 'code',
  callsFailed: 'code',
  deadLetters: 'code',
  turnedAway: 'status',
}

const latencies: Readonly<Record<string, readonly [name: string, help: string]>> = {
  acceptMs: ['accept', 'From the first message of a batch to when their senders were told that it is stored'],
  storeCommitMs: ['store', 'How long the store took for a commit'],
  deliverMs: ['deliver', 'From when a message was taken to when it was queued for a recipient that was there'],
  acknowledgeMs: ['acknowledge', 'From a delivery to its acknowledgement'],
}

/** A hub in metrics. No client has a label: there may be very many, and their ids concern nobody here. */
export async function hubMetrics(hub: Hub): Promise<Metric[]> {
  const [stats, { queues }] = await Promise.all([hub.stats(), hub.queues.list({ limit: mostQueues })])
  return [...gauges(stats), ...counters(stats), ...histograms(stats), ...queueMetrics(queues)]
}

function gauges({ version, uptimeMs, connections, clients, dialects, queuedBytes }: HubStats): Metric[] {
  const speaking = ['json', 'msgpack', 'cross_comm'] as const
  return [
    gauge('posthouse_info', 'What runs here', [{ labels: { version }, value: 1 }]),
    gauge('posthouse_uptime_seconds', 'How long the hub has been running', uptimeMs / 1000),
    gauge('posthouse_connections', 'WebSocket connections, logged in or not', connections),
    gauge(
      'posthouse_clients_connected',
      'Clients that are connected, by the dialect that they speak',
      speaking.map((dialect) => ({ labels: { dialect }, value: dialects[dialect] ?? 0 })),
    ),
    gauge('posthouse_clients_known', 'Client ids that the hub remembers', clients.known),
    gauge('posthouse_output_queued_bytes', 'Bytes that wait for clients to read them', queuedBytes),
  ]
}

function counters({ counters: counted }: HubStats): Metric[] {
  const families = new Map<string, Sample[]>()
  for (const name of Object.keys(labels)) families.set(name, [])
  for (const [name, value] of Object.entries(counted)) {
    const [family = name, text] = name.split(/\.(.*)/s)
    const label = labels[family]
    const sample = label === undefined || text === undefined ? { value } : { labels: { [label]: text }, value }
    families.set(family, [...(families.get(family) ?? []), sample])
  }
  return [...families].map(([name, samples]) => ({
    name: `posthouse_${snake(name)}_total`,
    help: `The counter ${name} of hub.stats`,
    type: 'counter',
    samples,
  }))
}

function histograms({ histograms: measured }: HubStats): Metric[] {
  return Object.entries(measured).map(([name, histogram]) => {
    const [stage, help] = latencies[name] ?? []
    if (stage === undefined || help === undefined) {
      const plain = `The histogram ${name} of hub.stats`
      return { name: `posthouse_${snake(name)}`, help: plain, type: 'histogram', distributions: [histogram] }
    }
    const distributions = [inSeconds(histogram)]
    return { name: `posthouse_${stage}_duration_seconds`, help, type: 'histogram', distributions }
  })
}

function inSeconds({ buckets, sum, count }: HistogramStats): Distribution {
  return { buckets: buckets.map(({ le, count: most }) => ({ le: le / 1000, count: most })), sum: sum / 1000, count }
}

function queueMetrics(queues: readonly QueueInfo[]): Metric[] {
  const by = (value: (queue: QueueInfo) => number): Sample[] =>
    queues.map((queue) => ({ labels: { queue: queue.queue }, value: value(queue) }))
  const first = `; of the first ${mostQueues} queues by name`
  return [
    gauge(
      'posthouse_queue_messages',
      `Messages of a queue that are not processed${first}`,
      by((each) => each.messages),
    ),
    gauge(
      'posthouse_queue_leased',
      `Messages of a queue that workers have${first}`,
      by((each) => each.leased),
    ),
    gauge(
      'posthouse_queue_workers',
      `Clients that are subscribed to a queue${first}`,
      by((each) => each.workers),
    ),
  ]
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
