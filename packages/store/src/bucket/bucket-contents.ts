import { createHash } from 'node:crypto'
import type { Bucket } from './bucket.ts'

/** The most keys of one content that are looked at. */
const mostLooked = 100

/**
 * Which keys have which content: buckets do not tell. A small object for each file is named by the content and holds the key; it may
 * outlast its file, so whoever is told of a key looks whether it still holds that content.
 */
export class BucketContents {
  readonly #bucket: Bucket
  readonly #folder: string

  constructor(bucket: Bucket, folder: string) {
    this.#bucket = bucket
    this.#folder = folder
  }

  /** Notes that the file of this key has this content. */
  async add(sha256: string, key: string): Promise<void> {
    await this.#bucket.put(this.#name(sha256, key), Buffer.from(key))
  }

  /** Keys below `prefix` that had this content when they were noted. */
  async *keys(sha256: string, prefix: string): AsyncGenerator<string> {
    for (const { name } of await this.#bucket.list({ prefix: this.#name(sha256), limit: mostLooked })) {
      const pieces: Uint8Array[] = []
      for await (const piece of (await this.#bucket.get(name, undefined)) ?? []) pieces.push(piece)
      const key = Buffer.concat(pieces).toString()
      if (key.startsWith(prefix)) yield key
    }
  }

  /** Forgets that the file of this key had this content. */
  async remove(sha256: string, key: string): Promise<void> {
    await this.#bucket.remove(this.#name(sha256, key))
  }

  /** Keys may be longer than what is left for a name here. */
  #name(sha256: string, key?: string): string {
    const digest = key === undefined ? '' : createHash('sha256').update(key).digest('hex')
    return `${this.#folder}${sha256}/${digest}`
  }
}
