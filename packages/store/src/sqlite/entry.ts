import type { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { type Envelope, PosthouseError } from '@posthouse/core'
import { ByteReader } from './byte-reader.ts'
import { readEnvelope } from './envelope-form.ts'

/** Later than any time: what never expires. */
export const never: number = Number.MAX_SAFE_INTEGER

/** The bytes of one commit, filled in when it is written. */
export interface Section {
  bytes: Buffer
}

/** One envelope of a commit that has not been settled yet, as bytes. Several inboxes may share it. */
export interface Entry {
  readonly seq: number
  readonly attempt: number
  /** In Unix milliseconds. */
  readonly expires: number
  /** What it counts for in limits. */
  readonly bytes: number
  /** Whether its sender wants to be told when it expires. */
  readonly receipts: boolean
  readonly section: Section
  /** Where its envelope begins in the section … */
  readonly start: number
  /** … and where it ends. */
  readonly end: number
}

/** The bytes of an entry's envelope, in the memory of its commit. */
export function bytesOf({ section, start, end }: Entry): Uint8Array {
  return section.bytes.subarray(start, end)
}

/** The envelope of an entry. Its bytes are copied, so that whoever keeps it does not keep the whole commit. */
export function envelopeOf({ section, start }: Entry): Envelope {
  return readEnvelope(new ByteReader(section.bytes, start, true))
}

/** What is kept beside stored bytes, so that damage is noticed. */
export function checksum(bytes: Uint8Array): number {
  return crc32(bytes)
}

/**
 * The envelope in a row of a table.
 * @throws PosthouseError `data_damaged`
 */
export function envelopeOfRow(row: { readonly envelope: unknown; readonly checksum: unknown }): Envelope {
  const { envelope } = row
  if (!(envelope instanceof Uint8Array) || crc32(envelope) !== row.checksum) {
    throw new PosthouseError('data_damaged', 'a stored envelope is damaged')
  }
  return readEnvelope(new ByteReader(envelope))
}
