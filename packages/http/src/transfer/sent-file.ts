import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { fileError, unusable } from './file-error.ts'

/** A file that is to be sent. */
export interface SentFile {
  /** Read as it is sent, and again for another attempt; it fails where the file has changed since. */
  readonly content: Blob
  /** Changes with its content. */
  readonly version: string
}

/** @throws `file_unusable` */
export async function openedFile(path: string): Promise<SentFile> {
  if (typeof path !== 'string') throw unusable(String(path), 'the path of the file must be a text')
  try {
    const found = await stat(path)
    if (!found.isFile()) throw unusable(path, found.isDirectory() ? 'it is a folder' : 'it is no ordinary file')
    return { content: await openAsBlob(path), version: `${found.size} ${found.mtimeMs}` }
  } catch (cause) {
    throw fileError(path, cause)
  }
}
