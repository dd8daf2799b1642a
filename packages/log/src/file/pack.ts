import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createDeflateRaw, createGzip, createZstdCompress } from 'node:zlib'
import type { Packing } from './archive-name.ts'
import { largeBytes, type ZipEntry, ZipTally, zipHead, zipTail } from './zip-entry.ts'

/** What a packed file is called until it is complete. */
export const unfinished = '.part'
const attempts = 3

/**
 * Packs the file at `path` into one beside it, on the threads of zlib, and then removes it. Wherever it is interrupted,
 * the file or its complete packed form is there. @throws Error of the system
 */
export async function pack(path: string, packing: Packing): Promise<void> {
  const target = `${path}.${packing}`
  try {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { mode } = await stat(path)
      const read = await packInto(`${target}${unfinished}`, { path, packing, mode })
      await synced(`${target}${unfinished}`)
      // Somebody may have written a last line meanwhile.
      if ((await stat(path)).size !== read) continue
      await rename(`${target}${unfinished}`, target)
      await rm(path)
      return
    }
  } finally {
    await rm(`${target}${unfinished}`, { force: true })
  }
}

interface Work {
  readonly path: string
  readonly packing: Packing
  readonly mode: number
}

/** Returns how many bytes were read. */
async function packInto(target: string, { path, packing, mode }: Work): Promise<number> {
  const source = createReadStream(path)
  const output = createWriteStream(target, { mode: mode & 0o777 })
  if (packing === 'gz') await pipeline(source, createGzip(), output)
  else if (packing === 'zst') await pipeline(source, createZstdCompress(), output)
  else {
    const { mtime, size } = await stat(path)
    const entry = { name: basename(path), modified: mtime, large: size >= largeBytes }
    const tally = new ZipTally()
    await pipeline(source, counted(tally), createDeflateRaw(), framed(entry, tally), output)
  }
  return source.bytesRead
}

function counted(tally: ZipTally): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      tally.content(chunk)
      done(null, chunk)
    },
  })
}

function framed(entry: ZipEntry, tally: ZipTally): Transform {
  const frame = new Transform({
    transform(chunk: Buffer, _, done) {
      tally.packedBytes += chunk.length
      done(null, chunk)
    },
    flush(done) {
      done(null, zipTail(entry, tally))
    },
  })
  frame.push(zipHead(entry))
  return frame
}

/** The original is removed next: what takes its place is on the disk before. */
async function synced(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
