/** What a hub tells of measured values. `buckets` are cumulative. */
export interface Distribution {
  readonly count: number
  readonly max: number
  readonly buckets: readonly { readonly le: number; readonly count: number }[]
}

/** A value that at least this share of the measured ones does not exceed: the bound of a bucket, or the largest. */
export function percentile({ count, max, buckets }: Distribution, share: number): number {
  const bucket = buckets.find((each) => each.count >= count * share)
  return Math.min(max, bucket?.le ?? max)
}
