import { after, describe, it } from 'node:test'
import { inboxStoreContract } from '@posthouse/core/testing'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { temporaryFolder } from './folder.ts'

for (const durability of ['process', 'disk'] as const) {
  describe(`the SQLite inbox store with durability ${durability}`, () => {
    const folder = temporaryFolder()
    after(() => folder[Symbol.dispose]())

    inboxStoreContract(
      it,
      ({ place, ...settings }) => openSqliteStore({ path: `${folder.database}-${place}`, durability, ...settings }),
      { lasts: true },
    )
  })
}
