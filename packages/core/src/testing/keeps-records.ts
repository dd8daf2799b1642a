import assert from 'node:assert/strict'
import type { DeclareStoreTest } from './inbox-store-contract.ts'
import { commit } from './sample.ts'

/** The part of the inbox store contract about records. */
export function keepsRecords(test: DeclareStoreTest): void {
  test('a record is read as it was written, until it is changed or removed', async (store) => {
    const value = { text: 'ü\n\u0000"', list: [1, null, true, 1.5], deep: { __proto__x: {} } }
    await commit(store, { records: [{ kind: 'session', key: 'bob', value }] })
    assert.deepEqual(await store.records('session'), [{ key: 'bob', value }])
    await commit(store, { records: [{ kind: 'session', key: 'bob', value: null }] })
    assert.deepEqual(await store.records('session'), [{ key: 'bob', value: null }])
    await commit(store, { records: [{ kind: 'session', key: 'bob', value: undefined }] })
    assert.deepEqual(await store.records('session'), [])
  })

  test('records are found by kind and by how their key begins, sorted by key', async (store) => {
    const keys = ['b', 'a\nz', 'a\n', 'ab', 'A', 'ä', '', '\u{1f600}', '\uffee', 'a%', 'a_']
    await commit(store, { records: keys.map((key, value) => ({ kind: 'group', key, value })) })
    await commit(store, { records: [{ kind: 'grouper', key: 'a\nx', value: 0 }] })
    const all = (await store.records('group')).map(({ key }) => key)
    assert.deepEqual(all, [...keys].sort())
    assert.deepEqual(
      (await store.records('group', 'a\n')).map(({ key }) => key),
      ['a\n', 'a\nz'],
    )
    for (const prefix of ['a%', 'a_']) {
      assert.deepEqual(
        (await store.records('group', prefix)).map(({ key }) => key),
        [prefix],
      )
    }
    assert.deepEqual(await store.records('group', 'c'), [])
  })

  test('within a commit the last change of a record counts', async (store) => {
    const change = (key: string, value: unknown) => ({ kind: 'k', key, value })
    await commit(store, { records: [change('a', 1), change('b', 1), change('a', 2), change('b', undefined)] })
    assert.deepEqual(await store.records('k'), [{ key: 'a', value: 2 }])
  })

  test('a record does not change with the value that it was made from, or with one that was read', async (store) => {
    const value = { members: ['bob'] }
    await commit(store, { records: [{ kind: 'k', key: 'a', value }] })
    value.members.push('carol')
    const [read] = await store.records('k')
    Object.assign(read?.value ?? {}, { members: [] })
    assert.deepEqual(await store.records('k'), [{ key: 'a', value: { members: ['bob'] } }])
  })

  test('a commit whose record is no JSON fails, and nothing of it is done', async (store) => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    for (const value of [circle, 10n]) {
      await assert.rejects(commit(store, { records: [{ kind: 'k', key: 'a', value }] }))
    }
    assert.deepEqual(await store.records('k'), [])
  })
}
