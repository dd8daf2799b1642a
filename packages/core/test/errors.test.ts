import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorTable, isErrorCode, isPosthouseError, PosthouseError, toPosthouseError } from '@posthouse/core'

describe('an error', () => {
  it('has a code, a message, a cause and the facts of its code', () => {
    const cause = new Error('disk full')
    const error = new PosthouseError('store_failed', 'could not write', { cause })
    assert.ok(error instanceof Error)
    assert.equal(error.name, 'PosthouseError')
    assert.equal(error.code, 'store_failed')
    assert.equal(error.message, 'could not write')
    assert.equal(error.cause, cause)
    assert.equal(error.facts, errorTable.store_failed)
  })

  it('is recognised by another copy of the package, and recognises one of it', async () => {
    const other = (await import(
      new URL('../src/errors.ts?copy', import.meta.url).href
    )) as typeof import('@posthouse/core')
    assert.notEqual(other.PosthouseError, PosthouseError)
    assert.equal(isPosthouseError(new other.PosthouseError('closed', 'gone')), true)
    assert.equal(other.isPosthouseError(new PosthouseError('closed', 'gone')), true)
  })

  it('is told from anything else', () => {
    for (const other of [new Error('x'), null, undefined, 'closed', { code: 'closed' }]) {
      assert.equal(isPosthouseError(other), false)
    }
  })

  it('keeps its brand out of sight', () => {
    assert.deepEqual(Object.keys(new PosthouseError('closed', 'gone')).sort(), ['code', 'name'])
  })
})

describe('making an error ours', () => {
  it('leaves one that is ours as it is', () => {
    const error = new PosthouseError('closed', 'gone')
    assert.equal(toPosthouseError(error, 'timeout'), error)
  })

  it('keeps any other as the cause, with its message', () => {
    const cause = new TypeError('x is not a function')
    const error = toPosthouseError(cause, 'handler_failed')
    assert.deepEqual([error.code, error.message, error.cause], ['handler_failed', 'x is not a function', cause])
  })

  it('calls it internal where nothing else is said, and takes what is no error at all', () => {
    const error = toPosthouseError('plain text')
    assert.deepEqual([error.code, error.message, error.cause], ['internal', 'plain text', 'plain text'])
  })
})

describe('the name of an error code', () => {
  it('is a row of the table, never something that every object has', () => {
    assert.equal(isErrorCode('inbox_full'), true)
    for (const name of ['no_such_code', 'toString', '__proto__', '', 1001, undefined]) {
      assert.equal(isErrorCode(name), false)
    }
  })
})
