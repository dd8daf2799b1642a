import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type BlobInfo, type BlobPage, PosthouseError } from '@posthouse/core'

const version = 2

const schema = `
  create table file (
    key text primary key, size integer not null, sha256 text not null, at integer not null, meta text not null
  ) strict, without rowid;
  create index file_by_content on file (sha256);
  create table upload (
    key text primary key, part text not null, offset integer not null, at integer not null, meta text not null,
    size integer, sha256 text, moved text
  ) strict, without rowid;
`

/** Since version 2 the bytes of small files lie in here. */
const smallSchema = `
  create table small (sha256 text primary key, bytes blob not null) strict;
  pragma user_version = ${version};
`

/** A file of which all bytes are there. */
export type FileRow = BlobInfo & { readonly sha256: string }

/** An upload, as it is written down. */
export interface UploadRow {
  readonly key: string
  /** The name of what has arrived. */
  readonly part: string
  readonly offset: number
  readonly at: number
  readonly meta: Readonly<Record<string, string>>
  readonly size?: number
  readonly sha256?: string
  /** The SHA-256 under which its bytes are on their way to the whole files. */
  readonly moved?: string
}

type Row = Record<string, SQLInputValue>

/** Which files and uploads there are. Keys are data here, so that none of them can be a path. */
export class FileIndex implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 2000 })
    // The store waits for the log itself, on another thread and for many commits at once.
    this.#database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma trusted_schema = off')
    const found = Number(this.#database.prepare('pragma user_version').get()?.user_version)
    if (found > version) throw new PosthouseError('data_too_new', `${path} was written by a newer version`)
    if (found < version) this.#transact(() => this.#database.exec((found === 0 ? schema : '') + smallSchema))
  }

  file(key: string): FileRow | undefined {
    return this.#get(readFile, 'select * from file where key = ?', key)
  }

  upload(key: string): UploadRow | undefined {
    return this.#get(readUpload, 'select * from upload where key = ?', key)
  }

  files(page: BlobPage = {}): FileRow[] {
    return this.#page('file', page).map(readFile)
  }

  uploads(page: BlobPage = {}): UploadRow[] {
    return this.#page('upload', page).map(readUpload)
  }

  /** All of them, by key; what was looked at may be removed. */
  *everyFile(): Generator<FileRow> {
    yield* everyPage((after) => this.files({ after }))
  }

  *everyUpload(): Generator<UploadRow> {
    yield* everyPage((after) => this.uploads({ after }))
  }

  hasContent(sha256: string): boolean {
    return this.#statement('select 1 from file where sha256 = ? limit 1').get(sha256) !== undefined
  }

  /** A file with this content whose key begins with `prefix`. */
  withContent(prefix: string, sha256: string): FileRow | undefined {
    const text = 'select * from file where sha256 = ? and key >= ? and key <= ? limit 1'
    const row = this.#statement(text).get(sha256, prefix, endOf(prefix))
    return row && readFile(row)
  }

  hasPart(part: string): boolean {
    return this.#statement('select 1 from upload where part = ? limit 1').get(part) !== undefined
  }

  /** The bytes that uploads have announced and not sent, over all of them. */
  expected(): number {
    const sum = 'select coalesce(sum(max(size - offset, 0)), 0) as bytes from upload where size is not null'
    return Number(this.#statement(sum).get()?.bytes)
  }

  addUpload({ key, part, offset, at, meta, size, sha256 }: UploadRow): void {
    this.#run(
      'insert into upload (key, part, offset, at, meta, size, sha256) values (?, ?, ?, ?, ?, ?, ?)',
      ...[key, part, offset, at, JSON.stringify(meta), size ?? null, sha256 ?? null],
    )
  }

  setOffset(key: string, offset: number, at: number): void {
    this.#run('update upload set offset = ?, at = ? where key = ?', offset, at, key)
  }

  setMoved(key: string, sha256: string | null): void {
    this.#run('update upload set moved = ? where key = ?', sha256, key)
  }

  /** The upload of its key is a file from now on. */
  finish({ key, size, sha256, at, meta }: FileRow): void {
    this.#transact(() => {
      this.remove(key)
      this.addFile({ key, size, sha256, at, meta })
    })
  }

  /** A file with its bytes, which may be there already: should those be damaged, they are whole again. */
  addSmall(file: FileRow, bytes: Uint8Array): void {
    this.#transact(() => {
      this.addBytes(file.sha256, bytes)
      this.addFile(file)
    })
  }

  addBytes(name: string, bytes: Uint8Array): void {
    this.#run('insert or replace into small (sha256, bytes) values (?, ?)', name, bytes)
  }

  /** The bytes of a small file, where they lie in here. */
  small(sha256: string): Uint8Array | undefined {
    const row = this.#statement('select bytes from small where sha256 = ?').get(sha256)
    return row?.bytes instanceof Uint8Array ? row.bytes : undefined
  }

  removeSmall(sha256: string): void {
    this.#run('delete from small where sha256 = ?', sha256)
  }

  addFile({ key, size, sha256, at, meta }: FileRow): void {
    this.#run('insert into file values (?, ?, ?, ?, ?)', key, size, sha256, at, JSON.stringify(meta))
  }

  remove(key: string): void {
    this.#run('delete from upload where key = ?', key)
    this.#run('delete from file where key = ?', key)
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #get<Read>(read: (row: Row) => Read, text: string, key: string): Read | undefined {
    const row = this.#statement(text).get(key)
    return row && read(row)
  }

  #page(table: 'file' | 'upload', { prefix = '', after = '', limit = 1000 }: BlobPage): Row[] {
    const text = `select * from ${table} where key > ? and key >= ? and key <= ? order by key limit ?`
    return this.#statement(text).all(after, prefix, endOf(prefix), limit)
  }

  #run(text: string, ...values: SQLInputValue[]): void {
    this.#statement(text).run(...values)
  }

  #statement(text: string): StatementSync {
    const known = this.#statements.get(text) ?? this.#database.prepare(text)
    this.#statements.set(text, known)
    return known
  }

  #transact(task: () => void): void {
    this.#run('begin immediate')
    try {
      task()
      this.#run('commit')
    } catch (error) {
      // A full disk has undone it already.
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }
}

function* everyPage<Entry extends { readonly key: string }>(
  page: (after: string) => readonly Entry[],
): Generator<Entry> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows: readonly Entry[] = page(after)
    yield* rows
    after = rows.at(-1)?.key
  }
}

/** No key that begins with the prefix can come behind that: it would be too long. */
function endOf(prefix: string): string {
  return prefix + '\u{10ffff}'.repeat(256)
}

function readFile(row: Row): FileRow {
  const { key, size, sha256, at, meta } = row
  return { key: String(key), size: Number(size), at: Number(at), sha256: String(sha256), meta: readMeta(meta) }
}

function readUpload(row: Row): UploadRow {
  const { key, part, offset, at, meta, size, sha256, moved } = row
  return {
    ...{ key: String(key), part: String(part), offset: Number(offset), at: Number(at), meta: readMeta(meta) },
    ...(size === null ? {} : { size: Number(size) }),
    ...(sha256 === null ? {} : { sha256: String(sha256) }),
    ...(moved === null ? {} : { moved: String(moved) }),
  }
}

function readMeta(text: unknown): Record<string, string> {
  // Checked before it was written.
  return JSON.parse(String(text)) as Record<string, string>
}
