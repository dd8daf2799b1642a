import type { Hub } from '@posthouse/hub'
import { depends } from '@posthouse/web'
import type { Door } from '../door.ts'
import { hubMetrics } from './hub-metrics.ts'
import { metricsText } from './metric.ts'
import { ProcessMetrics } from './process-metrics.ts'
import type { RequestMetrics } from './request-metrics.ts'

/** What metrics are made of. */
export interface MetricsDoorOptions {
  readonly hub: Hub
  readonly requests: RequestMetrics
  /** Those that have numbers of their own, too. */
  readonly doors: readonly Door[]
  /** Whether everybody may read them, and not only administrators. */
  readonly open: boolean
}

const anybody = depends(() => undefined)

/** Numbers for Prometheus, at `/metrics`. */
export function metricsDoor({ hub, requests, doors, open }: MetricsDoorOptions): Door {
  const own = new ProcessMetrics()
  return {
    name: 'metrics',
    places: [{ path: '/metrics', what: 'Numbers for Prometheus' }],
    mount: (app, { admin }) => {
      const options = {
        tags: ['health'],
        summary: 'Numbers for Prometheus',
        dependencies: { admin: open ? anybody : admin },
      }
      app.get('/metrics', options, async () => {
        const ofDoors = doors.flatMap((door) => [...(door.metrics?.() ?? [])])
        const text = metricsText([...(await hubMetrics(hub)), ...ofDoors, ...requests.read(), ...own.read()])
        return new Response(text, { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
      })
    },
    close: async () => own[Symbol.dispose](),
  }
}
