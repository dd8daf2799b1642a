/** One value of a metric, told apart by labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** Values that were counted into buckets. `buckets` are cumulative. */
export interface Distribution {
  readonly labels?: Readonly<Record<string, string>>
  readonly buckets: readonly { readonly le: number; readonly count: number }[]
  readonly sum: number
  readonly count: number
}

/** A metric as Prometheus reads it. */
export type Metric =
  | {
      readonly name: string
      readonly help: string
      readonly type: 'counter' | 'gauge'
      readonly samples: readonly Sample[]
    }
  | {
      readonly name: string
      readonly help: string
      readonly type: 'histogram'
      readonly distributions: readonly Distribution[]
    }

/** A metric of what is now. */
export function gauge(name: string, help: string, samples: readonly Sample[] | number): Metric {
  return { name, help, type: 'gauge', samples: typeof samples === 'number' ? [{ value: samples }] : samples }
}

/** A metric of what was counted since the start. */
export function counter(name: string, help: string, samples: readonly Sample[] | number): Metric {
  return { name, help, type: 'counter', samples: typeof samples === 'number' ? [{ value: samples }] : samples }
}

/** Samples of counts by what a label says. */
export function samplesBy(label: string, counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([text, value]) => ({ labels: { [label]: text }, value }))
}

/** The metrics in the text format 0.0.4 of Prometheus. */
export function metricsText(metrics: Iterable<Metric>): string {
  let text = ''
  for (const metric of metrics) {
    text += `# HELP ${metric.name} ${metric.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`
    text += `# TYPE ${metric.name} ${metric.type}\n`
    if (metric.type === 'histogram')
      for (const each of metric.distributions) text += distributionText(metric.name, each)
    else for (const { labels, value } of metric.samples) text += line(metric.name, labels, value)
  }
  return text
}

function distributionText(name: string, { labels = {}, buckets, sum, count }: Distribution): string {
  const rows = buckets.map((bucket) => line(`${name}_bucket`, { ...labels, le: numberText(bucket.le) }, bucket.count))
  rows.push(line(`${name}_bucket`, { ...labels, le: '+Inf' }, count))
  return rows.join('') + line(`${name}_sum`, labels, sum) + line(`${name}_count`, labels, count)
}

function line(name: string, labels: Readonly<Record<string, string>> = {}, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}\n`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (Number.isFinite(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}
