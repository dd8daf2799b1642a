import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isPosthouseError } from '@posthouse/core'
import { fillPath, joinPaths, parsePath, pathMatcher, templateOf } from '../src/routing/path.ts'

describe('a path', () => {
  it('names its parameters in braces or after a colon', () => {
    for (const path of ['/items/{id}', '/items/:id']) {
      assert.deepEqual(parsePath(path), [{ text: 'items' }, { name: 'id', rest: false }])
      assert.equal(templateOf(path), '/items/{id}')
    }
  })

  it('may end with a parameter that takes the rest', () => {
    assert.deepEqual(pathMatcher('/files/{name:path}')('/files/a/b.txt'), { name: 'a/b.txt' })
    assert.equal(templateOf('/files/{name:path}'), '/files/{name}')
  })

  it('gives what was filled in, whatever that is', () => {
    for (const id of ['7', 'a b', 'ü/ß', '%2F', '..', '你好']) {
      assert.deepEqual(pathMatcher('/items/{id}/x')(fillPath('/items/{id}/x', { id })), { id })
    }
  })

  it('does not match another, an unfilled one, or broken escapes', () => {
    const match = pathMatcher('/items/{id}')
    for (const url of ['/items', '/items/', '/items/1/2', '/item/1', '/items/%E0%A4%A', '/itemsX1'])
      assert.equal(match(url), undefined, url)
  })

  it('is joined with prefixes without doubled slashes', () => {
    assert.equal(joinPaths('', '/'), '/')
    assert.equal(joinPaths('/api', '/'), '/api')
    assert.equal(joinPaths('/api', '/x'), '/api/x')
  })

  it('that cannot be served is refused', () => {
    for (const path of ['items', '/a*', '/{a}b', '/{a}/{a}', '/{a:path}/b', '/a?b', '/a b', '/{}'])
      assert.throws(
        () => parsePath(path),
        (error) => isPosthouseError(error) && error.code === 'invalid_option',
        path,
      )
  })
})
