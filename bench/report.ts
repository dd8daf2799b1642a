import type { Sample } from './measure.ts'
import type { BenchmarkName, Case } from './plan.ts'
import type { Failure, Result } from './rounds.ts'
import type { Table } from './table.ts'

/** One column of a table: what it takes from a sample, and what that is held against, round by round. */
interface Column {
  readonly title: string
  readonly of: (sample: Sample, what: Case) => number
  readonly against?: (what: Case, other: Case) => boolean
}

const rate: Column = { title: 'messages/s', of: (sample) => sample.perSecond }
const serverUs: Column = { title: 'server CPU us', of: (sample) => sample.serverUs }
const serverBusy: Column = { title: 'server busy %', of: (sample) => sample.serverBusy * 100 }
const costs: readonly Column[] = [
  serverUs,
  { title: 'load CPU us', of: (sample) => sample.loadUs },
  serverBusy,
  { title: 'load busy %', of: (sample) => sample.loadBusy * 100 },
]
const p50: Column = { title: 'p50 us', of: (sample) => sample.latency?.p50 ?? Number.NaN }
const p99: Column = { title: 'p99 us', of: (sample) => sample.latency?.p99 ?? Number.NaN }
const p999: Column = { title: 'p99.9 us', of: (sample) => sample.latency?.p999 ?? Number.NaN }
const megabytes = (index: 0 | 1 | 2, title: string): Column => ({ title, of: ({ rss }) => rss[index] / 1e6 })
const perConnection = (index: 1 | 2, title: string): Column => ({
  title,
  // What the load of `idle` has delivered before the window are its connections.
  of: ({ rss, deliveredBefore }) => (rss[index] - rss[0]) / 1024 / deliveredBefore,
})
/** What `inbox` finds for each of its clients. */
const perClient = (bytes: (sample: Sample) => number, title: string): Column => ({
  title,
  of: (sample, { work }) => bytes(sample) / 1024 / ('clients' in work ? work.clients : Number.NaN),
})
const isBase = ({ server }: Case): boolean => server === 'relay' || server === 'reference'
const xRelay = ({ of }: Column, title = 'x relay'): Column => ({
  title,
  of,
  against: (what, other) => other.group === what.group && isBase(other),
})
/** The same server and language where everyone reads. */
const xAllRead = ({ of }: Column, title: string): Column => ({
  title,
  of,
  against: (what, other) => other.label === what.label && 'reads' in other.work && other.work.reads,
})

const columns: Readonly<Record<BenchmarkName, readonly Column[]>> = {
  unicast: [rate, xRelay(rate), ...costs],
  fanout: [{ ...rate, title: 'deliveries/s' }, xRelay(rate), ...costs],
  latency: [p50, xRelay(p50, 'p50 x relay'), p99, xRelay(p99, 'p99 x relay'), p999, serverUs],
  idle: [
    perConnection(2, 'KB each after 5 s'),
    xRelay(perConnection(2, '')),
    perConnection(1, 'KB each at once'),
    megabytes(0, 'MB before'),
  ],
  durable: [rate, xRelay(rate, 'x ws and SQLite'), p50, p99, ...costs],
  jitter: [
    { ...rate, title: 'deliveries/s' },
    { ...p50, title: 'replay p50 us' },
    { ...p99, title: 'replay p99 us' },
    serverBusy,
    megabytes(1, 'MB at the beginning'),
    megabytes(2, 'MB at the end'),
  ],
  inbox: [
    rate,
    serverUs,
    perClient(({ rss }) => rss[1] - rss[0], 'KB memory for a known client'),
    perClient(({ rss }) => rss[2] - rss[1], 'KB memory for an inbox'),
    perClient(({ diskBytes }) => diskBytes, 'KB on disk for an inbox'),
    { ...p50, title: 'fetch p50 us' },
    { ...p99, title: 'fetch p99 us' },
  ],
  'slow-reader': [
    p50,
    p99,
    xAllRead(p99, 'p99 x all read'),
    xRelay(p99, 'p99 x relay'),
    p999,
    megabytes(0, 'MB before'),
    megabytes(2, 'MB at the end'),
  ],
}

/** What the rounds have found. */
export function tableOf(name: BenchmarkName, results: readonly Result[]): Table {
  const lines = results.map((result) => ({
    label: `${result.case.group}: ${result.case.label}`,
    cells: columns[name].map((column) => valuesOf(result, column, results)),
  }))
  const [first] = columns[name]
  return {
    of: 'case',
    columns: columns[name].map(({ title }) => ({ title })),
    lines,
    ...(first && { drawn: first.title }),
  }
}

/** What went wrong in the rounds, one line for each. */
export function complaints(results: readonly Result[]): readonly string[] {
  return results.flatMap((result) =>
    result.rounds.flatMap((round, index) => {
      const errors = isSample(round) ? round.errors : [round.failed]
      return errors.map((error) => `ERROR ${result.case.group}: ${result.case.label}, round ${index + 1}: ${error}`)
    }),
  )
}

/** Ratios are taken round by round, because what slows the machine down slows both. */
function valuesOf({ case: what, rounds }: Result, { of, against }: Column, results: readonly Result[]): number[] {
  if (against === undefined) return rounds.filter(isSample).map((sample) => of(sample, what))
  const base = results.find((other) => against(what, other.case))
  return rounds.flatMap((round, index) => {
    const other = base?.rounds[index]
    if (base === undefined || other === undefined || !isSample(round) || !isSample(other)) return []
    return [of(round, what) / of(other, base.case)]
  })
}

function isSample(round: Sample | Failure): round is Sample {
  return 'perSecond' in round
}
