import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isErrorCode, isPosthouseError, PosthouseError, reasonOf } from '@posthouse/core'
import { throwIfAborted } from '@posthouse/core/policy'
import { systemCode } from './network-reason.ts'

/** What to fetch, and what it must be. */
export interface WantedFile {
  readonly url: string
  readonly size: number
  /** Absent where nobody knows it. */
  readonly sha256?: string | undefined
  /** Where it goes. It is there when all of it has arrived, and not before; a file that is there is written over. */
  readonly path: string
  readonly signal: AbortSignal
}

/**
 * Fetches a file by a URL that needs nothing else.
 * @throws PosthouseError `content_mismatch`, `unreachable`, `target_failed`, `bad_response`, `aborted`, and what the server refuses with
 */
export async function fetchFile({ url, size, sha256, path, signal }: WantedFile): Promise<void> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    throwIfAborted(signal)
    throw new PosthouseError('unreachable', `${new URL(url).origin} cannot be reached: ${reasonOf(cause)}`, { cause })
  })
  if (!response.ok || response.body === null) throw await refusal(response)
  const hash = createHash('sha256')
  let arrived = 0
  const part = `${path}.part`
  try {
    const source = Readable.fromWeb(response.body)
    source.on('data', (chunk: Uint8Array) => {
      hash.update(chunk)
      arrived += chunk.length
    })
    await pipeline(source, createWriteStream(part), { signal })
    const found = hash.digest('hex')
    if (arrived !== size || found !== (sha256 ?? found)) {
      throw new PosthouseError(
        'content_mismatch',
        `what arrived is not the file: ${arrived} bytes of ${size}, SHA-256 ${found}`,
      )
    }
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throwIfAborted(signal)
    throw isPosthouseError(error) ? error : broken(error, { url, path })
  }
}

/** The file system names a path where it fails; what else can fail is the way of the bytes. */
function broken(cause: unknown, { url, path }: Pick<WantedFile, 'url' | 'path'>): PosthouseError {
  if (systemCode(cause) !== undefined && Object(cause).path !== undefined) {
    return new PosthouseError('target_failed', `${path} cannot be written: ${reasonOf(cause)}`, { cause })
  }
  return new PosthouseError('unreachable', `${new URL(url).origin} was lost in the middle: ${reasonOf(cause)}`, {
    cause,
  })
}

async function refusal(response: Response): Promise<PosthouseError> {
  const told: unknown = await response.json().catch(() => undefined)
  const { code, message }: { readonly code?: unknown; readonly message?: unknown } = Object(told)
  if (typeof code === 'string' && isErrorCode(code)) return new PosthouseError(code, String(message))
  return new PosthouseError('bad_response', `the file was refused with status ${response.status}`)
}
