import { join } from 'node:path'
import { type BlobStore, type Logger, PosthouseError } from '@posthouse/core'
import type { Files, FilesOptions } from '@posthouse/files'
import { type Command, Option } from 'commander'
import { parseDuration } from './duration.ts'
import { checked, durationOption, parseBytes } from './option-values.ts'

const storages = ['disk', 's3', 'oss'] as const
type Storage = (typeof storages)[number]

/** What the words of `posthouse up` say about files. */
export interface FileWords {
  /** Default: OSS where its variables are set, otherwise the disk. */
  readonly storage?: Storage
  readonly s3Bucket?: string
  readonly s3Endpoint?: string
  readonly s3Region?: string
  readonly fileBytes: number | false
  readonly filesTotal: number | false
  readonly filesKeep?: number
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
  const size = checked(parseBytes)
  return command
    .optionsGroup('Files:')
    .addOption(
      new Option(
        '--storage <where>',
        'where files are kept: in --data, in an S3-compatible bucket, or in Aliyun OSS (default: oss if OSS_ENDPOINT, OSS_BUCKET_NAME, OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET are set, also in .env; otherwise disk)',
      ).choices(storages),
    )
    .option('--s3-bucket <name>', 'with --storage s3: the bucket; credentials are found the way AWS tools find them')
    .option('--s3-endpoint <url>', 'with --storage s3: the address of a service other than Amazon’s')
    .option('--s3-region <name>', 'with --storage s3: the region (default: as for AWS tools)')
    .option('--file-bytes <bytes>', 'the largest file, such as 500M, or off', size, 16 * 1024 ** 3)
    .option(
      '--files-total <bytes>',
      'total size of one client’s files, such as 10G, or off; each counts 4 KiB more',
      size,
      64 * 1024 ** 3,
    )
    .option(
      '--files-keep <time>',
      'how long files are kept (default: 30d, in a bucket for ever)',
      checked(parseDuration),
    )
    .addOption(durationOption('--uploads-keep <time>', 'how long an unfinished upload waits for its next byte', day))
    .option('--public-url <url>', 'where clients reach the files, if not at the address of the hub')
}

/**
 * Opens the files in a data folder.
 * @throws PosthouseError `data_in_use`, `data_too_new`, `data_damaged`, `data_unwritable`, `invalid_option`
 */
export async function openFiles(words: FileWords, folder: string, logger: Logger): Promise<OpenFiles> {
  // Only a hub needs it.
  const { Files } = await import('@posthouse/files')
  const store = await openStorage(words, folder, logger)
  try {
    const files = new Files({
      store,
      secretFile: join(folder, 'file-secrets.json'),
      logger,
      ...optionsOf(words, store),
    })
    return { files, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() }
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
}

async function openStorage(words: FileWords, folder: string, logger: Logger): Promise<BlobStore> {
  const { storage, s3Bucket: bucket, s3Endpoint: endpoint, s3Region: region } = words
  if (storage !== 's3' && (bucket ?? endpoint ?? region) !== undefined) {
    throw new PosthouseError('invalid_option', '--s3-bucket, --s3-endpoint and --s3-region go with --storage s3')
  }
  if (storage === 's3') {
    if (bucket === undefined) throw new PosthouseError('invalid_option', '--storage s3 needs --s3-bucket')
    const { openS3BlobStore } = await import('@posthouse/store/s3')
    return await openS3BlobStore({ bucket, ...(endpoint && { endpoint }), ...(region && { region }) })
  }
  if (storage !== 'disk') {
    const { openOssBlobStore, ossEnvironment } = await import('@posthouse/store/oss')
    const settings = ossEnvironment()
    if (settings) {
      logger.info('files are kept in Aliyun OSS', { bucket: settings.bucket })
      return await openOssBlobStore(settings)
    }
    if (storage === 'oss') {
      const needed = 'OSS_ENDPOINT, OSS_BUCKET_NAME, OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET'
      throw new PosthouseError('invalid_option', `--storage oss needs ${needed}, in the environment or in .env`)
    }
  }
  const { openDiskBlobStore } = await import('@posthouse/store/disk')
  return await openDiskBlobStore({ folder: join(folder, 'files') })
}

function optionsOf(words: FileWords, store: BlobStore): Pick<FilesOptions, 'limits' | 'publicUrl'> {
  const { fileBytes, filesTotal, uploadsKeep: uploadMs, publicUrl } = words
  // In a bucket that others use, too, nothing goes that nobody has asked to go.
  const { filesKeep: keepMs = store.signedUrl ? Infinity : 30 * day } = words
  return {
    limits: { fileBytes: fileBytes || Infinity, clientBytes: filesTotal || Infinity, keepMs, uploadMs },
    ...(publicUrl !== undefined && { publicUrl }),
  }
}
