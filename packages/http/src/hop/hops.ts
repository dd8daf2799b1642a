import type { HopInterceptor } from '../transport/transport.ts'
import { type CacheOptions, cache } from './cache.ts'
import { type CookieChoice, cookies } from './cookies.ts'
import { type DecompressOptions, decompression } from './decompression.ts'

/** What is done around each hop. */
export interface HopOptions {
  /** Whether compressed bodies are asked for and decompressed, and up to which size. Default true. */
  readonly decompress?: boolean | DecompressOptions | undefined
  /** Whether cookies are kept and sent back: in a jar of its own, or in one that is given. Default false. */
  readonly cookies?: CookieChoice | undefined
  /** Whether answers are kept and given again as RFC 9111 allows for one user. Default false. */
  readonly cache?: boolean | CacheOptions | undefined
}

/** The interceptors for these options; the first is the outermost. */
export function hopsOf(options: HopOptions): readonly HopInterceptor[] {
  const { decompress = true, cookies: jar = false, cache: kept = false } = options
  const hops: HopInterceptor[] = []
  if (jar !== false) hops.push(cookies(jar))
  // Kept as they came over the wire, which is the smaller form.
  if (decompress !== false) hops.push(decompression(decompress === true ? {} : decompress))
  if (kept !== false) hops.push(cache(kept === true ? {} : kept))
  return hops
}
