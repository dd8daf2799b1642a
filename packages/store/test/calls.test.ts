import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { KeptCall } from '@posthouse/core'
import { callStoreContract } from '@posthouse/core/testing'
import { openCallStore } from '@posthouse/store/calls'

const folder = mkdtempSync(join(tmpdir(), 'posthouse-calls-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newPath = () => join(folder, `${++files}`, 'calls.db')

const call: KeptCall = {
  caller: 'ana',
  id: 'r1',
  procedure: 'user.get',
  inputHash: 'hash',
  at: Date.now(),
  deadline: Date.now() + 1000,
  state: 'done',
  answer: '{"ok":true,"text":"\\"ä\\u0000\\""}',
}

describe('a store of calls in a file', () => {
  callStoreContract(it, (settings) => openCallStore({ ...settings, path: newPath() }))

  it('is the same memory after it was opened again', async () => {
    const path = newPath()
    let id: string
    {
      await using store = openCallStore({ path })
      id = store.id
      await store.put(call)
      // Also what nobody has waited for.
      void store.put({ ...call, id: 'r2', state: 'begun' })
    }
    await using store = openCallStore({ path, durability: 'disk' })
    assert.equal(store.id, id)
    assert.equal(store.size, 2)
    assert.deepEqual(await store.get('ana', 'r1'), call)
    assert.deepEqual(
      (await store.find({ which: 'unfinished' })).map((kept) => kept.id),
      ['r2'],
    )
  })

  it('keeps no room for what could not be written', async () => {
    const path = newPath()
    await using store = openCallStore({ path, calls: 4 })
    await store.put(call)
    renameSync(path, `${path}.away`)
    for (const id of ['r1', 'r2', 'r3', 'r4']) {
      await assert.rejects(async () => store.put({ ...call, id, state: 'begun' }), { code: 'store_failed' })
    }
    renameSync(`${path}.away`, path)
    assert.equal(store.size, 1)
    assert.deepEqual(await store.get('ana', 'r1'), call)
    for (const id of ['r2', 'r3', 'r4']) await store.put({ ...call, id, state: 'begun' })
    assert.equal(store.size, 4)
  })

  it('refuses options that do not exist or make no sense', () => {
    const path = newPath()
    for (const options of [{ path, durability: 'Disk' }, { path, calls: -1 }, { path, call: 1 }, {}]) {
      assert.throws(() => openCallStore(options as never), { code: 'invalid_option' })
    }
  })

  it('is another memory in another file', async () => {
    await using one = openCallStore({ path: newPath() })
    await using other = openCallStore({ path: newPath() })
    assert.notEqual(one.id, other.id)
  })

  it('is for one process at a time', async () => {
    const path = newPath()
    await using _store = openCallStore({ path })
    assert.throws(() => openCallStore({ path }), { code: 'data_in_use' })
  })
})
