import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sqlite from '@posthouse/store/sqlite'

test('the SQLite store exports these names and no others', () => {
  assert.deepEqual(Object.keys(sqlite).sort(), ['integrityCheck', 'lockFolder', 'lockHolder', 'openSqliteStore'])
})
