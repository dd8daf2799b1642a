import { Readable } from 'node:stream'
import { anything, type BodySchema, withKind } from './body-kind.ts'
import { readBytes } from './read-bytes.ts'
import { required } from './required.ts'

/** A body as its bytes, such as one whose signature is to be checked. Default media types: all. */
export function bytes(...mediaTypes: string[]): BodySchema<Uint8Array, Buffer> {
  return withKind(anything<Uint8Array, Buffer>(), {
    mediaTypes: orAll(mediaTypes),
    streamed: false,
    read: readBytes,
    absent: () => (mediaTypes.length === 0 ? Buffer.alloc(0) : required()),
    describe: binary,
  })
}

/** A body as a stream, read while it arrives. It errors with a `Problem` above `bodyLimit` and when the client is too slow. */
export function stream(...mediaTypes: string[]): BodySchema<Uint8Array, Readable> {
  const read = (body: Readable) => body
  return withKind(anything<Uint8Array, Readable>(), {
    mediaTypes: orAll(mediaTypes),
    streamed: true,
    read,
    absent: () => (mediaTypes.length === 0 ? Readable.from([]) : required()),
    describe: binary,
  })
}

function orAll(mediaTypes: readonly string[]): readonly string[] {
  return mediaTypes.length === 0 ? ['*'] : mediaTypes
}

function binary() {
  return { type: 'string', contentMediaType: 'application/octet-stream' }
}
