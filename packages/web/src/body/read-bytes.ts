import type { Readable } from 'node:stream'

/** All bytes of a body. Rejects with what its stream is destroyed with. */
export function readBytes(body: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    body.on('data', (chunk: Buffer) => chunks.push(chunk))
    body.once('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
    body.once('error', reject)
    body.once('close', () => reject(body.errored ?? new Error('The body ended before its end')))
  })
}
