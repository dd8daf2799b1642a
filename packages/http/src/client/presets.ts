import type { HttpClientOptions } from './client-options.ts'

/**
 * The habits of document 004: three attempts within 60 s, after 2 s and 4 s; 60 s for an answer; failures are responses with a
 * status from 600 to 606. Certificates are verified all the same, and a POST is repeated only with an idempotency key.
 */
export const fastkit: HttpClientOptions = {
  timeout: { connect: 60_000, pool: 60_000, write: 60_000, firstByte: 60_000, read: 60_000, total: 180_000 },
  retry: {
    attempts: 3,
    totalMs: 60_000,
    baseMs: 2000,
    multiplier: 2,
    capMs: 10_000,
    jitter: 'none',
    statuses: [429, 500, 502, 503, 504],
  },
  errors: 'response',
}
