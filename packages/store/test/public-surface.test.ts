import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as calls from '@posthouse/store/calls'
import * as disk from '@posthouse/store/disk'
import * as sqlite from '@posthouse/store/sqlite'

test('the SQLite store exports these names and no others', () => {
  assert.deepEqual(Object.keys(sqlite).sort(), ['integrityCheck', 'lockFolder', 'lockHolder', 'openSqliteStore'])
})

test('the store of files in a folder exports this name and no other', () => {
  assert.deepEqual(Object.keys(disk), ['openDiskBlobStore'])
})

test('the store of calls exports this name and no other', () => {
  assert.deepEqual(Object.keys(calls), ['openCallStore'])
})
