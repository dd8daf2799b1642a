import { createId, type MessageType, PosthouseError, toPosthouseError } from '@posthouse/core'
import { throwIfAborted } from '@posthouse/core/policy'
import type { SendOptions } from '../send-options.ts'
import type { Grant } from './grant.ts'
import { mediaTypeOf } from './media-type.ts'
import type { Sha256, UploadRecord } from './platform.ts'
import type { Meter } from './progress.ts'
import { baseName } from './safe-name.ts'
import type { Transfer } from './transfer.ts'
import type { SendFileOptions, SentFile } from './transfer-options.ts'
import { TusUpload, type Uploaded, type UploadFacts } from './tus-upload.ts'
import type { UploadSource } from './upload-source.ts'

/** What is to be sent to whom. */
export interface FileOrder {
  readonly to: string
  readonly type: Exclude<MessageType, 'folder'>
  readonly source: unknown
  readonly options: SendFileOptions
}

/** What fits into one request is known before it is sent. */
const knownBytes = 1_048_576

/**
 * Uploads a file, and tells its recipient when what arrived is what was read.
 * @throws PosthouseError what `HubClient.sendFile` documents
 */
export async function sendFile(transfer: Transfer, { to, type, source, options }: FileOrder): Promise<SentFile> {
  const { platform, clock } = transfer.host
  const { name: wanted, mediaType } = options
  await using opened = await platform.openSource(source, wanted === undefined ? {} : { name: wanted })
  const name = baseName(opened.name) || 'file'
  const facts = { name, type: mediaType ?? opened.type ?? mediaTypeOf(name) }
  const facets = type === 'image' ? await platform.imageFacts(source) : undefined
  if (opened.size !== undefined) transfer.meter.expect(opened.size)
  const notes = notesOf(transfer, options, [type, opened.identity, name])
  const record = await notes?.read()
  const messageId = options.id ?? record?.messageId ?? createId(clock.now())
  const noted = notes && ((key: string) => notes.write({ key, messageId }))
  const uploads: Uploads = { transfer, source: opened, facts, noted }
  const { key, size, sha256 } = await uploadChecked(uploads, record?.key)
  const body = { key, name, size, type: facts.type, sha256, ...facets }
  const { id, state } = await transfer.host.send(to, body, messageOptions(options, { type, id: messageId, transfer }))
  await notes?.remove()
  transfer.meter.end()
  return { id, state, key, name, size, sha256 }
}

/** The options of the message that tells of it. */
export function messageOptions(
  { onProgress, gate, patienceMs, idleMs, name, mediaType, resumeIn, ...rest }: SendFileOptions,
  { type, id, transfer }: { readonly type: MessageType; readonly id: string; readonly transfer: Transfer },
): SendOptions {
  return { ...rest, type, id, signal: transfer.signal }
}

/** Where an upload is noted, under what makes it the same in another life. */
export interface Notes {
  read(): Promise<UploadRecord | undefined>
  write(record: UploadRecord): Promise<void>
  remove(): Promise<void>
}

/** The notes of an upload; absent where it has nothing to be known by, or nobody wants them. */
export function notesOf(
  { host }: Transfer,
  { resumeIn }: Pick<SendFileOptions, 'resumeIn'>,
  about: readonly (string | undefined)[],
): Notes | undefined {
  if (resumeIn === false || about.includes(undefined)) return undefined
  const records = host.platform.records?.(resumeIn)
  if (records === undefined) return undefined
  const name = digestOf(host.platform.sha256(), JSON.stringify([host.url, host.clientId, ...about]))
  return {
    read: () => records.read(name),
    write: (record) => records.write(name, record),
    remove: () => records.remove(name),
  }
}

/** What uploading one file takes. */
interface Uploads {
  readonly transfer: Transfer
  readonly source: UploadSource
  readonly facts: Pick<UploadFacts, 'name' | 'type'>
  /** Told under which key it will be; absent where no other life could go on with it. */
  readonly noted: ((key: string) => Promise<void>) | undefined
}

interface Kept {
  readonly key: string
  readonly size: number
  readonly sha256: string
}

async function uploadChecked(uploads: Uploads, noted: string | undefined): Promise<Kept> {
  try {
    return await uploadOnce(uploads, noted)
  } catch (error) {
    const { code } = toPosthouseError(error)
    await uploads.source.verify()
    const done = code === 'key_in_use' && noted !== undefined ? await completed(uploads, noted) : undefined
    if (done) return done
    const outdated = noted !== undefined && ['unknown_file', 'forbidden', 'key_in_use'].includes(code)
    // A copy that arrived changed is sent once more; a second one says that something is broken.
    const again = outdated || (code === 'content_mismatch' && uploads.source.seekable)
    if (!again) throw error
    uploads.transfer.meter.restart()
    return uploadOnce(uploads, undefined)
  }
}

/** The upload of an earlier life, where that came to its end and the source is still the same. */
async function completed({ transfer, source }: Uploads, key: string): Promise<Kept | undefined> {
  const { size, sha256 } = await transfer.askPlace(key)
  return size === source.size && sha256 === (await hashOf(transfer, source)) ? { key, size, sha256 } : undefined
}

async function uploadOnce({ transfer, source, facts, noted }: Uploads, known: string | undefined): Promise<Kept> {
  const { name, type } = facts
  const { size } = source
  const grants = new Grants(transfer, known === undefined ? { name, type, size } : { key: known })
  const { key } = await grants.grant()
  if (known === undefined) await noted?.(key)
  const claim = source.seekable && size !== undefined && size <= knownBytes ? await hashOf(transfer, source) : undefined
  const {
    sha256,
    arrived,
    size: sent,
  } = await upload(transfer, {
    source,
    grants,
    fleeting: noted === undefined,
    facts: {
      ...facts,
      ...(claim !== undefined && { sha256: claim }),
      locate: locationOf,
      resumed: known !== undefined,
    },
  })
  const there = arrived ?? (await transfer.askPlace(key)).sha256
  if (there !== sha256) throw changedOnTheWay(name, sha256, there)
  return { key, size: sent, sha256 }
}

function locationOf({ location }: Grant): string {
  return location
}

/** What is uploaded, with whose leave, and where that is counted: with the rest of the transfer unless told otherwise. */
export interface UploadParts {
  readonly source: UploadSource
  readonly grants: Grants
  readonly facts: UploadFacts
  readonly meter?: Meter
  /** Whether nobody can go on with it once it has failed. */
  readonly fleeting?: boolean
}

/** Uploads one source. */
export async function upload(
  transfer: Transfer,
  { source, grants, facts, meter = transfer.meter, fleeting = false }: UploadParts,
): Promise<Uploaded> {
  const { host, signal, idleMs, gate } = transfer
  const { platform, clock } = host
  const parts = { platform, clock, signal, idleMs, gate, meter, grant: (old?: Grant) => grants.grant(old) }
  const run = new TusUpload(source, facts, parts)
  try {
    return await transfer.persist((progressed) => run.run(progressed))
  } catch (error) {
    if (fleeting) await run.abandon()
    throw error
  }
}

/** What arrived is not what was sent. */
export function changedOnTheWay(name: string, sent: string, arrived: string | undefined): PosthouseError {
  const what = `${name} was read as ${sent} and arrived as ${arrived ?? 'nobody knows what'}`
  return new PosthouseError('content_mismatch', what)
}

/** The SHA-256 of a source. */
async function hashOf({ host, signal }: Transfer, source: UploadSource): Promise<string> {
  const hash = host.platform.sha256()
  for await (const piece of source.read(0, source.size ?? 0)) {
    hash.update(piece)
    throwIfAborted(signal)
  }
  return hash.digest()
}

function digestOf(hash: Sha256, text: string): string {
  hash.update(new TextEncoder().encode(text))
  return hash.digest()
}

/** The hub's leave for an upload, asked for again when it has expired, by all who share it at once. */
export class Grants {
  readonly #transfer: Transfer
  #question: object
  #asked: Promise<Grant> | undefined
  #given: Grant | undefined

  constructor(transfer: Transfer, question: object) {
    this.#transfer = transfer
    this.#question = question
  }

  /** @param old one that does not hold any more. */
  async grant(old?: Grant): Promise<Grant> {
    if (old !== undefined && old === this.#given) this.#asked = undefined
    this.#asked ??= this.#ask()
    return this.#asked
  }

  async #ask(): Promise<Grant> {
    try {
      const grant = await this.#transfer.askGrant(this.#question)
      this.#question = { key: grant.key }
      this.#given = grant
      return grant
    } catch (error) {
      this.#asked = undefined
      throw error
    }
  }
}
