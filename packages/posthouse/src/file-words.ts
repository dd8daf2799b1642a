import { join } from 'node:path'
import type { BlobStore, Logger } from '@posthouse/core'
import type { Files, FilesOptions } from '@posthouse/files'
import type { Command } from 'commander'
import { checked, durationOption, parseByteRate } from './option-values.ts'

/** What the words of `posthouse up` say about files. */
export interface FileWords {
  readonly fileBytes: number | false
  readonly filesTotal: number | false
  readonly filesKeep: number
  readonly uploadsKeep: number
  readonly publicUrl?: string
}

/** Files, and where they are kept, until they are disposed of. */
export interface OpenFiles extends AsyncDisposable {
  readonly files: Files
}

const day = 86_400_000

/** Adds them to a command, in a group. */
export function withFileWords(command: Command): Command {
  const size = checked(parseByteRate)
  return command
    .optionsGroup('Files:')
    .option('--file-bytes <bytes>', 'the largest file, such as 500M, or off', size, 16 * 1024 ** 3)
    .option('--files-total <bytes>', 'what the files of one client may take, such as 10G, or off', size, 64 * 1024 ** 3)
    .addOption(durationOption('--files-keep <time>', 'how long files are kept', 30 * day))
    .addOption(durationOption('--uploads-keep <time>', 'how long an upload waits for its next byte', day))
    .option('--public-url <url>', 'how clients reach the files, where they do not by the address of the hub')
}

/**
 * Opens the files in a data folder.
 * @throws PosthouseError `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`, `invalid_option`
 */
export async function openFiles(words: FileWords, folder: string, logger: Logger): Promise<OpenFiles> {
  // Only a hub needs it.
  const { Files } = await import('@posthouse/files')
  const store = await openStorage(folder)
  try {
    const files = new Files({ store, secretFile: join(folder, 'file-secrets.json'), logger, ...optionsOf(words) })
    return { files, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

async function openStorage(folder: string): Promise<BlobStore> {
  const { openDiskBlobStore } = await import('@posthouse/store/disk')
  return await openDiskBlobStore({ folder: join(folder, 'files') })
}

function optionsOf(words: FileWords): Pick<FilesOptions, 'limits' | 'publicUrl'> {
  const { fileBytes, filesTotal, filesKeep: keepMs, uploadsKeep: uploadMs, publicUrl } = words
  return {
    limits: { fileBytes: fileBytes || Infinity, clientBytes: filesTotal || Infinity, keepMs, uploadMs },
    ...(publicUrl !== undefined && { publicUrl }),
  }
}
