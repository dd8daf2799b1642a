import { createHash } from 'node:crypto'

/** Eight hexadecimal digits that tell one text from another. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8)
}
