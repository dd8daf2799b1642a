import { writeSync } from 'node:fs'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { bytesOf, piecesOf, sha256Of } from './sent-files.ts'

/** Uploads files in two attempts each, several at once, until it is killed, and says of each what was promised of it. */
const [folder = '', first = '0'] = process.argv.slice(2)
const store = await openDiskBlobStore({ folder })

async function send(count: number): Promise<void> {
  const [key, bytes] = [`life/${count}`, bytesOf(count)]
  const half = bytes.length >> 1
  await store.begin(key, { size: bytes.length, sha256: sha256Of(bytes) })
  writeSync(1, `${count} ${await store.append(key, 0, piecesOf(bytes.subarray(0, half)))}\n`)
  await store.append(key, half, piecesOf(bytes.subarray(half)))
  await store.complete(key)
  writeSync(1, `${count} whole\n`)
  // So that kills meet removals as well.
  if (count % 5 !== 4) return
  await store.remove(key)
  writeSync(1, `${count} gone\n`)
}

for (let count = Number(first); ; count += 4) {
  await Promise.all([count, count + 1, count + 2, count + 3].map(send))
}
