import { crc32 } from 'node:zlib'

/** What a ZIP file says about its one entry. */
export interface ZipEntry {
  readonly name: string
  readonly modified: Date
  /** Whether sizes take eight bytes. It has to be known before they are. */
  readonly large: boolean
}

/** From here on a content is large; what deflate adds in the worst case is still below four bytes' worth. */
export const largeBytes = 4_000_000_000

const version = 20
const zip64Version = 45
/** A data descriptor follows the content, and the name is UTF-8. */
const flags = 0x0808
const deflated = 8
const most = 0xffffffff

/** Counts what a ZIP file has to say of its content once it is all there. */
export class ZipTally {
  checksum = 0
  bytes = 0
  packedBytes = 0

  content(chunk: Uint8Array): void {
    this.checksum = crc32(chunk, this.checksum)
    this.bytes += chunk.length
  }
}

/** What stands before the content. */
export function zipHead({ name, modified, large }: ZipEntry): Buffer {
  const encoded = Buffer.from(name)
  const sizes = large ? largeSizes(new ZipTally()) : Buffer.alloc(0)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(large ? zip64Version : version, 4)
  common(head, 6, modified)
  head.writeUInt32LE(large ? most : 0, 18)
  head.writeUInt32LE(large ? most : 0, 22)
  head.writeUInt16LE(encoded.length, 26)
  head.writeUInt16LE(sizes.length, 28)
  return Buffer.concat([head, encoded, sizes])
}

/** What stands behind it: checksum and sizes, the directory, and its end. APPNOTE 4.3.9, 4.3.12, 4.3.16. */
export function zipTail(zipped: ZipEntry, tally: ZipTally): Buffer {
  const { name, modified, large } = zipped
  const encoded = Buffer.from(name)
  const start = zipHead(zipped).length + tally.packedBytes
  const descriptor = large ? largeDescriptor(tally) : smallDescriptor(tally)
  const sizes = large ? largeSizes(tally) : Buffer.alloc(0)
  const entry = Buffer.alloc(46)
  entry.writeUInt32LE(0x02014b50, 0)
  // Made by a Unix, so that the permissions below count.
  entry.writeUInt16LE((3 << 8) | (large ? zip64Version : version), 4)
  entry.writeUInt16LE(large ? zip64Version : version, 6)
  common(entry, 8, modified)
  entry.writeUInt32LE(tally.checksum, 16)
  entry.writeUInt32LE(large ? most : tally.packedBytes, 20)
  entry.writeUInt32LE(large ? most : tally.bytes, 24)
  entry.writeUInt16LE(encoded.length, 28)
  entry.writeUInt16LE(sizes.length, 30)
  entry.writeUInt32LE((0o100640 << 16) >>> 0, 38)
  const directory = Buffer.concat([entry, encoded, sizes])
  const at = start + descriptor.length
  return Buffer.concat([descriptor, directory, endOf(at, directory.length, large)])
}

/** Flags, method and time stand in both headers in the same order. */
function common(target: Buffer, at: number, modified: Date): void {
  const year = Math.min(127, Math.max(0, modified.getFullYear() - 1980))
  target.writeUInt16LE(flags, at)
  target.writeUInt16LE(deflated, at + 2)
  target.writeUInt16LE(
    (modified.getHours() << 11) | (modified.getMinutes() << 5) | (modified.getSeconds() >> 1),
    at + 4,
  )
  target.writeUInt16LE((year << 9) | ((modified.getMonth() + 1) << 5) | modified.getDate(), at + 6)
}

function smallDescriptor({ checksum, bytes, packedBytes }: ZipTally): Buffer {
  const descriptor = Buffer.alloc(16)
  descriptor.writeUInt32LE(0x08074b50, 0)
  descriptor.writeUInt32LE(checksum, 4)
  descriptor.writeUInt32LE(packedBytes, 8)
  descriptor.writeUInt32LE(bytes, 12)
  return descriptor
}

function largeDescriptor({ checksum, bytes, packedBytes }: ZipTally): Buffer {
  const descriptor = Buffer.alloc(24)
  descriptor.writeUInt32LE(0x08074b50, 0)
  descriptor.writeUInt32LE(checksum, 4)
  descriptor.writeBigUInt64LE(BigInt(packedBytes), 8)
  descriptor.writeBigUInt64LE(BigInt(bytes), 16)
  return descriptor
}

function largeSizes({ bytes, packedBytes }: ZipTally): Buffer {
  const extra = Buffer.alloc(20)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(16, 2)
  extra.writeBigUInt64LE(BigInt(bytes), 4)
  extra.writeBigUInt64LE(BigInt(packedBytes), 12)
  return extra
}

/** The end of the directory; before it, where sizes need it, the larger form of it and where that begins. */
function endOf(at: number, length: number, large: boolean): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(length, 12)
  end.writeUInt32LE(large ? most : at, 16)
  if (!large) return end
  const wide = Buffer.alloc(56)
  wide.writeUInt32LE(0x06064b50, 0)
  wide.writeBigUInt64LE(44n, 4)
  wide.writeUInt16LE((3 << 8) | zip64Version, 12)
  wide.writeUInt16LE(zip64Version, 14)
  wide.writeBigUInt64LE(1n, 24)
  wide.writeBigUInt64LE(1n, 32)
  wide.writeBigUInt64LE(BigInt(length), 40)
  wide.writeBigUInt64LE(BigInt(at), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(at + length), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([wide, locator, end])
}
