import type { ApiStats } from '@posthouse/rpc'
import { counter, gauge, type Metric, samplesBy } from './metric.ts'

/** Calls of procedures in metrics. */
export function callMetrics({ running, remembered, sockets, callbacks, ...counted }: ApiStats): Metric[] {
  const { attempts, procedures, refused } = counted
  const ended = procedures.flatMap(({ procedure, outcomes }) =>
    samplesBy('outcome', outcomes).map(({ labels, value }) => ({ labels: { procedure, ...labels }, value })),
  )
  const { taken, failed, givenUp } = attempts
  return [
    gauge('posthouse_procedure_calls_running', 'Handlers of procedures at work', running),
    gauge('posthouse_procedure_calls_remembered', 'Calls whose answers are remembered', remembered),
    gauge('posthouse_procedure_sockets', 'Socket.IO connections of callers', sockets),
    counter('posthouse_procedure_calls_total', 'Calls of procedures, by what they came to', ended),
    counter('posthouse_procedure_calls_refused_total', 'Calls that were not let in', samplesBy('code', refused)),
    gauge('posthouse_callbacks_waiting', 'Callbacks that are waited with, or under way', callbacks),
    counter(
      'posthouse_callback_attempts_total',
      'Attempts to POST an answer to whoever asked for that',
      samplesBy('outcome', { taken, failed }),
    ),
    counter('posthouse_callbacks_given_up_total', 'Callbacks that nobody took', givenUp),
  ]
}
