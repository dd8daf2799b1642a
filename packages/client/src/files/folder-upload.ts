import { PosthouseError } from '@posthouse/core'
import { throwIfAborted } from '@posthouse/core/policy'
import { bytesSource } from './blob-source.ts'
import { fieldsOf, type Grant } from './grant.ts'
import { listFolder } from './list-folder.ts'
import type { ManifestEntry } from './manifest.ts'
import type { FolderItem } from './platform.ts'
import { Meter } from './progress.ts'
import { changedOnTheWay, type Grants, upload } from './send-file.ts'
import { sideBySide } from './side-by-side.ts'
import { failureOf, type Transfer } from './transfer.ts'
import type { UploadSource } from './upload-source.ts'

/** How the files of one folder are uploaded. */
export interface FolderUploadSettings {
  readonly grants: Grants
  readonly parallel: number
  /** Whether an earlier life may have uploaded some of it. */
  readonly resumed: boolean
}

/** A file that is about to be uploaded. */
interface Prepared {
  readonly item: FolderItem
  readonly sha256: string
  /** Its content, where that is small. */
  readonly bytes: Uint8Array | undefined
}

/** So many files are looked up at a time, or fewer where their content, as far as it is held, is larger. */
const batchFiles = 200
const batchBytes = 32 * 1_048_576
/** What is read once and held until it is sent. */
const heldBytes = 262_144
const type = 'application/octet-stream'

/** Uploads the files of one folder; what the hub has from this client already is copied there. */
export class FolderUpload {
  readonly #transfer: Transfer
  readonly #settings: FolderUploadSettings
  /** The SHA-256 of what is there already, by key. */
  #there: ReadonlyMap<string, string> = new Map()
  #prefix = ''
  reused = 0

  constructor(transfer: Transfer, settings: FolderUploadSettings) {
    this.#transfer = transfer
    this.#settings = settings
  }

  /** Uploads all of it, and returns it as the manifest tells it. */
  async run(items: readonly FolderItem[]): Promise<readonly ManifestEntry[]> {
    const { grants, resumed } = this.#settings
    const { key } = await grants.grant()
    this.#prefix = key
    const files = items.filter(({ kind }) => kind === 'file')
    this.#transfer.meter.ofFiles(
      files.length,
      files.reduce((sum, { size }) => sum + size, 0),
    )
    if (resumed) this.#there = await this.#lookAround()
    const kept = new Map<FolderItem, Pick<ManifestEntry, 'sha256' | 'key'>>()
    for (const batch of batches(files)) await this.#send(batch, kept)
    return items.map((item) => entryOf(item, kept.get(item)))
  }

  /** Uploads the list of the entries, which comes last. */
  async manifest(bytes: Uint8Array): Promise<{ readonly key: string; readonly manifest: string }> {
    const { grants } = this.#settings
    const { key, manifest } = await grants.grant()
    if (manifest === undefined) throw new PosthouseError('unsupported', 'this hub takes no folders')
    const source = bytesSource(bytes, 'folder.json')
    const locate = ({ url }: Grant): string => placeBelow(url, manifest)
    const facts = { name: 'folder.json', type: 'application/json', locate }
    // Nobody who looks on asked for it.
    const meter = new Meter(this.#transfer.host.clock)
    const { sha256, arrived } = await upload(this.#transfer, { source, grants, facts, meter })
    const there = arrived ?? (await this.#transfer.askPlace(manifest)).sha256
    if (there !== sha256) throw taken(manifest)
    return { key, manifest }
  }

  async #send(
    batch: readonly FolderItem[],
    kept: Map<FolderItem, Pick<ManifestEntry, 'sha256' | 'key'>>,
  ): Promise<void> {
    const { parallel } = this.#settings
    const prepared: Prepared[] = []
    await sideBySide(batch, parallel, async (item, index) => {
      prepared[index] = await this.#prepare(item)
    })
    const keys = await this.#known(prepared)
    const fresh = new Map<string, Prepared>()
    const again: { readonly file: Prepared; from: string | undefined }[] = []
    for (const [index, file] of prepared.entries()) {
      const target = this.#target(file.item)
      const from = keys[index]
      if (this.#there.get(target) === file.sha256) this.#keep(kept, file, { key: target, reused: true })
      else if (from !== undefined || fresh.has(file.sha256)) again.push({ file, from })
      else fresh.set(file.sha256, file)
    }
    await sideBySide([...fresh.values()], parallel, async (file) => {
      this.#keep(kept, file, { key: await this.#upload(file), reused: false })
    })
    const copies = again.map(({ file, from }) => ({ file, from: from ?? keptKey(kept, fresh.get(file.sha256)) }))
    await this.#copy(copies, kept)
  }

  #keep(
    kept: Map<FolderItem, Pick<ManifestEntry, 'sha256' | 'key'>>,
    { item, sha256 }: Prepared,
    { key, reused }: { readonly key: string; readonly reused: boolean },
  ): void {
    kept.set(item, { sha256, key })
    if (reused) {
      this.reused++
      this.#transfer.meter.skip(item.size)
    }
    this.#transfer.meter.fileDone()
  }

  /** The key of an item: what a key cannot have is encoded there as the hub does it. */
  #target({ path }: FolderItem): string {
    return this.#prefix + path.replace(/[%\\\p{Cc}]/gu, encodeURIComponent)
  }

  async #prepare(item: FolderItem): Promise<Prepared> {
    await using source = await opened(item)
    const hash = this.#transfer.host.platform.sha256()
    const small = item.size <= heldBytes
    const pieces: Uint8Array[] = []
    for await (const piece of source.read(0, item.size)) {
      throwIfAborted(this.#transfer.signal)
      hash.update(piece)
      if (small) pieces.push(piece)
    }
    await source.verify()
    const [only] = pieces
    return { item, sha256: hash.digest(), bytes: small ? (only ?? new Uint8Array(0)) : undefined }
  }

  /** Where the hub has the same content of this client, if it has. */
  async #known(files: readonly Prepared[]): Promise<readonly (string | undefined)[]> {
    const asked = files.map(({ sha256, item }) => ({ sha256, size: item.size }))
    const { keys } = fieldsOf(await this.#transfer.ask('files.have', { files: asked }))
    if (!Array.isArray(keys)) throw new PosthouseError('invalid_body', 'the hub did not say which files it has')
    return files.map((_, index) => (typeof keys[index] === 'string' ? keys[index] : undefined))
  }

  async #upload({ item, sha256, bytes }: Prepared): Promise<string> {
    const { grants } = this.#settings
    await using source = bytes ? bytesSource(bytes, item.path) : await opened(item)
    const { url } = await grants.grant()
    const facts = {
      name: item.path.slice(item.path.lastIndexOf('/') + 1),
      type,
      sha256,
      path: item.path,
      locate: () => placeBelow(url, this.#target(item)),
      resumed: this.#settings.resumed && bytes === undefined,
    }
    const { sha256: read, arrived, location } = await upload(this.#transfer, { source, grants, facts })
    const key = keyAt(location, url)
    const there = arrived ?? (await this.#transfer.askPlace(key)).sha256
    if (read !== sha256) throw new PosthouseError('source_failed', `${item.path} changed while it was sent`)
    if (there !== sha256) throw arrived === undefined ? taken(key) : changedOnTheWay(item.path, sha256, there)
    return key
  }

  async #copy(
    copies: readonly { readonly file: Prepared; readonly from: string }[],
    kept: Map<FolderItem, Pick<ManifestEntry, 'sha256' | 'key'>>,
  ): Promise<void> {
    for (let at = 0; at < copies.length; at += batchFiles) {
      const some = copies.slice(at, at + batchFiles)
      const asked = some.map(({ file, from }) => ({ from, folder: this.#prefix, path: file.item.path }))
      const { files } = fieldsOf(await this.#transfer.ask('files.copy', { files: asked }))
      for (const [index, { file }] of some.entries()) {
        const row: unknown = Array.isArray(files) ? files[index] : undefined
        const failure = failureOf(row)
        if (failure) throw failure
        const { key, sha256 } = fieldsOf(row)
        if (typeof key !== 'string' || sha256 !== file.sha256)
          throw changedOnTheWay(file.item.path, file.sha256, String(sha256))
        this.#keep(kept, file, { key, reused: true })
      }
    }
  }

  /** What an earlier life has brought here. */
  async #lookAround(): Promise<ReadonlyMap<string, string>> {
    const there = new Map<string, string>()
    for await (const page of listFolder(this.#transfer, this.#prefix)) {
      for (let at = 0; at < page.length; at += batchFiles) {
        const keys = page.slice(at, at + batchFiles).map(({ key }) => key)
        for (const place of await this.#transfer.askPlaces(keys)) {
          if ('url' in place && place.sha256) there.set(place.key, place.sha256)
        }
      }
    }
    return there
  }
}

/** An earlier life has put something else there, before the folder was changed. */
function taken(key: string): PosthouseError {
  return new PosthouseError('key_in_use', `${key} holds something else`)
}

function keptKey(kept: Map<FolderItem, Pick<ManifestEntry, 'key'>>, file: Prepared | undefined): string {
  const key = file && kept.get(file.item)?.key
  if (key === undefined) throw new PosthouseError('internal', 'a file was copied before it was there')
  return key
}

/** The key of what is at `location`, which is below `url`. */
function keyAt(location: string, url: string): string {
  return decodeURIComponent(new URL(location).pathname.slice(new URL(url).pathname.length + 1))
}

function placeBelow(url: string, key: string): string {
  return `${url}/${key.split('/').map(encodeURIComponent).join('/')}`
}

function opened({ path, open }: FolderItem): Promise<UploadSource> {
  if (open) return open()
  throw new PosthouseError('internal', `${path} has no content`)
}

function entryOf(item: FolderItem, kept: Pick<ManifestEntry, 'sha256' | 'key'> | undefined): ManifestEntry {
  const { path, kind, size, executable, mtime } = item
  return { path, kind, size, executable, mtime, ...kept }
}

function* batches(files: readonly FolderItem[]): Generator<readonly FolderItem[], void, undefined> {
  let batch: FolderItem[] = []
  let held = 0
  for (const file of files) {
    const bytes = file.size <= heldBytes ? file.size : 0
    if (batch.length >= batchFiles || held + bytes > batchBytes) {
      yield batch
      batch = []
      held = 0
    }
    batch.push(file)
    held += bytes
  }
  if (batch.length > 0) yield batch
}
