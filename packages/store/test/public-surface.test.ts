import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as calls from '@posthouse/store/calls'
import * as disk from '@posthouse/store/disk'
import * as oss from '@posthouse/store/oss'
import * as s3 from '@posthouse/store/s3'
import * as sqlite from '@posthouse/store/sqlite'

test('the SQLite store exports these names and no others', () => {
  assert.deepEqual(Object.keys(sqlite).sort(), [
    'copySqliteStore',
    'integrityCheck',
    'lockFolder',
    'lockHolder',
    'openSqliteStore',
  ])
})

test('the store of files in a folder exports these names and no others', () => {
  assert.deepEqual(Object.keys(disk), ['copyDiskFiles', 'openDiskBlobStore'])
})

test('the stores of files in buckets export these names and no others', () => {
  assert.deepEqual(Object.keys(s3), ['openS3BlobStore'])
  assert.deepEqual(Object.keys(oss), ['openOssBlobStore', 'ossEnvironment'])
})

test('the store of calls exports these names and no others', () => {
  assert.deepEqual(Object.keys(calls), ['copyCallStore', 'openCallStore'])
})
