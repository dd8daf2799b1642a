import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortedPage } from '@posthouse/core'
import fc from 'fast-check'

test('a page is what sorting everything and cutting it would give', () => {
  const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 300 })
  const limit = fc.option(fc.nat({ max: 50 }), { nil: undefined })
  fc.assert(
    fc.property(names, fc.option(fc.string({ maxLength: 2 }), { nil: undefined }), limit, (all, after, most) => {
      const options = { ...(after !== undefined && { after }), ...(most !== undefined && { limit: most }) }
      const behind = all.toSorted().filter((name) => after === undefined || name > after)
      assert.deepEqual(
        sortedPage(all, (name) => name, options),
        behind.slice(0, most),
      )
    }),
  )
})
