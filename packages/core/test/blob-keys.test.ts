import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertBlobKey, blobFolder, createBlobKey } from '@posthouse/core'

describe('a new key', () => {
  it('has the documented form', () => {
    const key = createBlobKey('bob', 'report.pdf', 1_700_000_000_123)
    assert.match(key, /^cross_comm\/bob\/1700000000123_[0-9a-f]{8}\.pdf$/)
    assert.notEqual(createBlobKey('bob', 'report.pdf', 1_700_000_000_123), key)
  })

  it('takes the extension that pathlib finds, where that is harmless', () => {
    const extensions = {
      'a.tar.gz': '.gz',
      '.bashrc': '',
      noext: '',
      'a.': '',
      '报告.文档': '.文档',
      'a.b/c': '',
      'a.<x>': '',
      'a..': '',
      [`a.${'x'.repeat(33)}`]: '',
    }
    for (const [name, extension] of Object.entries(extensions)) {
      assert.equal(createBlobKey('bob', name, 1).slice('cross_comm/bob/1_00000000'.length), extension, name)
    }
  })

  it('lies in a folder of its client only, whatever the id is', () => {
    const ids = [
      'bob',
      'bob/x',
      'bob%2Fx',
      '.',
      '..',
      '%2E',
      '%2E%2E',
      'a\\b',
      'a%5Cb',
      '小王',
      'a b',
      '\u{1f600}'.repeat(128),
    ]
    const folders = ids.map(blobFolder)
    assert.equal(new Set(folders).size, ids.length)
    for (const folder of folders) assert.equal(folder.split('/').length, 3, folder)
    for (const id of ids) assert.equal(assertBlobKey(createBlobKey(id, 'a.png')).startsWith(blobFolder(id)), true)
    assert.deepEqual(blobFolder('小王'), 'cross_comm/小王/')
    assert.deepEqual(blobFolder('..'), 'cross_comm/%2E%2E/')
  })
})
