import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { abortable } from '@posthouse/core'

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let each = 0; each < count; each++) yield new Uint8Array(1000).fill(each)
}

test('what has passed under a signal that lives on is held by nobody', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const passed: WeakRef<Uint8Array>[] = []
  for await (const chunk of abortable(chunks(20), new AbortController().signal)) {
    passed.push(new WeakRef(chunk))
    // A reference that was read stays until the next turn.
    await setImmediate()
    collect()
  }
  const held = passed.slice(0, 10).filter((each) => each.deref() !== undefined)
  assert.equal(held.length, 0)
})

test('a source is told to end when its reader leaves or gives up', async () => {
  for (const way of ['leaves', 'gives up'] as const) {
    const caller = new AbortController()
    let ended = false
    async function* source(): AsyncGenerator<number> {
      try {
        for (let each = 0; ; each++) yield each
      } finally {
        ended = true
      }
    }
    const read = async (): Promise<void> => {
      for await (const each of abortable(source(), caller.signal)) {
        if (each === 3 && way === 'leaves') return
        if (each === 3) caller.abort()
      }
    }
    if (way === 'leaves') await read()
    else await assert.rejects(read(), { name: 'PosthouseError', code: 'aborted' })
    assert.ok(ended, way)
  }
})
