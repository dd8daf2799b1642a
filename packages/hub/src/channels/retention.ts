import type { Envelope } from '@posthouse/core'

/** Bodies of nothing: empty text or bytes, or null; in JSON as text, in MessagePack in hexadecimal digits. */
const nothing = { json: new Set(['""', 'null']), msgpack: new Set(['a0', 'c0', 'c400']) }
const longest = 4

/** What a message that asks to be retained does: with a body it is kept, an empty one takes away what was. Spec: 4.1.12. */
export function retentionOf({ body: { format, bytes } }: Envelope): 'keep' | 'clear' {
  if (format === 'cross_comm' || bytes.byteLength > longest) return 'keep'
  const text = Buffer.from(bytes).toString(format === 'json' ? 'utf8' : 'hex')
  return nothing[format].has(text) ? 'clear' : 'keep'
}
