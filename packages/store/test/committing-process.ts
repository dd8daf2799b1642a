import { writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { batchOf, lastCommit, settings } from './lives.ts'

/** Commits until it is killed, and says after each commit that it was done. */
const [path = '', durability] = process.argv.slice(2)
const store = await openSqliteStore({ path, durability: durability === 'disk' ? 'disk' : 'process', ...settings })
for (let count = (await lastCommit(store)) + 1; ; count++) {
  // Sizes differ, so that kills meet rows of one page and of many, and the journal is settled now and then.
  const { appends } = await store.commit(batchOf(count, count % 7 === 0 ? 100_000 : 200))
  const [first] = appends
  writeSync(1, `${count} ${first?.state === 'stored' ? first.seq : first?.state}\n`)
  await setImmediate()
}
