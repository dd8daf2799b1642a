import { type FileMessage, type FileReference, Message, type SavingOptions, toPosthouseError } from '@posthouse/core'
import { fileOf } from './file-reference.ts'
import type { TransferProgress } from './progress.ts'
import type { TransferGate } from './transfer-gate.ts'
import type { Downloaded, DownloadOptions } from './transfer-options.ts'

/** How a listener has files fetched before its handler is called. */
export interface ReceiveOptions extends SavingOptions {
  /** Pauses its downloads and lets them go on. */
  readonly gate?: TransferGate
  /** Told how far a download is. */
  readonly onProgress?: (progress: TransferProgress, message: Message) => unknown
}

/** Called with each message after its content was fetched. */
export type FileHandler = (message: FileMessage) => unknown

/** Who can fetch. */
export interface Downloader {
  download(wanted: Message, directory: string, options?: DownloadOptions): Promise<Downloaded>
}

/** Fetches what a message tells of, where it is wanted, and says how that went. */
export async function received(
  message: Message,
  { downloadTo, saveAs, accept, gate, onProgress }: ReceiveOptions,
  client: Downloader,
): Promise<FileMessage> {
  let file: FileReference
  try {
    file = fileOf(message)
  } catch (error) {
    return withFacts(message, { downloadError: toPosthouseError(error) })
  }
  const fileName = file.name
  try {
    if (downloadTo === undefined || !isAccepted(file, accept)) return withFacts(message, { fileName })
    const { path } = await client.download(message, downloadTo, {
      ...(saveAs && { saveAs }),
      ...(gate && { gate }),
      ...(onProgress && { onProgress: (progress) => onProgress(progress, message) }),
    })
    return withFacts(message, { fileName, localPath: path })
  } catch (error) {
    return withFacts(message, { fileName, downloadError: toPosthouseError(error) })
  }
}

function withFacts(
  message: Message,
  facts: Pick<FileMessage, 'fileName' | 'localPath' | 'downloadError'>,
): FileMessage {
  return Object.assign(new Message(message), facts)
}

function isAccepted(file: FileReference, accept: ReceiveOptions['accept']): boolean {
  if (accept === undefined) return true
  if (typeof accept === 'function') return accept(file)
  return accept.some((rule) => fits(rule.toLowerCase(), file))
}

function fits(rule: string, { name, mediaType = '' }: FileReference): boolean {
  if (rule.startsWith('.')) return name.toLowerCase().endsWith(rule)
  return rule.endsWith('/*') ? mediaType.startsWith(rule.slice(0, -1)) : mediaType === rule
}
