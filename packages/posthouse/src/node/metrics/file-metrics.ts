import type { FileStats } from '@posthouse/files'
import { counter, gauge, type Metric, samplesBy } from './metric.ts'

/** Files in metrics. */
export function fileMetrics({ uploads, downloads, bytesReceived, bytesSent, errors }: FileStats): Metric[] {
  const by = (incoming: number, outgoing: number) => samplesBy('direction', { in: incoming, out: outgoing })
  return [
    gauge(
      'posthouse_file_transfers',
      'Requests under way that bring bytes of files, or fetch some',
      by(uploads, downloads),
    ),
    counter('posthouse_file_bytes_total', 'Bytes of files that came in and went out', by(bytesReceived, bytesSent)),
    counter('posthouse_file_errors_total', 'Failed requests for files, by code', samplesBy('code', errors)),
  ]
}
