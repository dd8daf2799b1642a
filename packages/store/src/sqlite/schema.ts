import type { DatabaseSync } from 'node:sqlite'
import { PosthouseError } from '@posthouse/core'

/** Marks a database as ours, in its header: "Post". */
const applicationId = 0x506f7374

/**
 * What leads from one version of the schema to the next; the first one makes it. What is here is on disks: a change of
 * the schema is a further step, and a step that was released never changes.
 */
export const schemaSteps: readonly string[] = [
  `
  create table meta(key text primary key, value any) without rowid, strict;
  create table journal(batch integer primary key, data blob not null) strict;

  create table cursor(
    id integer primary key, name text not null unique, acknowledged integer not null, newest integer not null,
    messages integer not null, bytes integer not null, expires integer not null, counted integer not null
  ) strict;
  create index cursor_expires on cursor(expires) where messages > 0;
  create table inbox(
    id integer primary key, cursor integer not null, seq integer not null, expires integer not null,
    bytes integer not null, attempt integer not null, receipts integer not null, checksum integer not null,
    envelope blob not null
  ) strict;
  create index inbox_entry on inbox(cursor, seq, expires, bytes);
  create index inbox_receipts on inbox(expires) where receipts = 1;

  create table address(
    id integer primary key, name text not null unique, newest integer not null, ts real not null,
    oldest real not null, messages integer not null, bytes integer not null, trimmed integer not null,
    keep_messages real not null, keep_ms real not null
  ) strict;
  create table log(
    seq integer primary key, address integer not null, ts real not null, expires integer not null,
    bytes integer not null, checksum integer not null, envelope blob not null
  ) strict;
  create index log_address on log(address, seq, bytes, ts);
  create table retained(
    name text primary key, seq integer not null, expires integer not null, checksum integer not null, envelope blob not null
  ) without rowid, strict;

  create table shelf(
    seq integer primary key, dead text, due real, inbox text, attempt integer not null, at real not null,
    bytes integer not null, checksum integer not null, envelope blob not null
  ) strict;

  create table producer(
    name text primary key, last integer not null, forgotten integer not null, refused text, used integer not null
  ) without rowid, strict;
  create index producer_used on producer(used);
  create table record(kind text not null, key text not null, value text not null, primary key (kind, key)) without rowid, strict;
  `,
]

/** The version that `database` has; 0 where there is nothing in it. */
export function schemaVersion(database: DatabaseSync): number {
  return pragma(database, 'user_version')
}

/**
 * Brings `database` to the newest version, one step after the other, each wholly or not at all.
 * @throws PosthouseError `data_too_new`, `data_damaged` where it is the database of another program
 */
export function migrate(database: DatabaseSync, steps: readonly string[] = schemaSteps): void {
  const version = schemaVersion(database)
  assertOurs(database)
  if (version > steps.length) {
    throw new PosthouseError('data_too_new', `the data has version ${version}, this program knows ${steps.length}`)
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue
    database.exec('begin immediate')
    try {
      database.exec(step)
      database.exec(`pragma application_id = ${applicationId}; pragma user_version = ${index + 1}; commit`)
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }
}

function assertOurs(database: DatabaseSync): void {
  const owner = pragma(database, 'application_id')
  const objects = Number(database.prepare('select count(*) as count from sqlite_schema').get()?.count)
  if (owner === applicationId || (owner === 0 && objects === 0)) return
  throw new PosthouseError('data_damaged', 'it is the database of another program')
}

function pragma(database: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(database.prepare(`pragma ${name}`).get()?.[name])
}
