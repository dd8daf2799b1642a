import { after, describe, it } from 'node:test'
import { inboxStoreContract } from '@posthouse/core/testing'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { type Folder, temporaryFolder } from './folder.ts'

for (const durability of ['process', 'disk'] as const) {
  describe(`the SQLite inbox store with durability ${durability}`, () => {
    const folders: Folder[] = []
    after(() => {
      for (const folder of folders) folder[Symbol.dispose]()
    })

    inboxStoreContract(it, (settings) => {
      const folder = temporaryFolder()
      folders.push(folder)
      return openSqliteStore({ path: folder.database, durability, ...settings })
    })
  })
}
