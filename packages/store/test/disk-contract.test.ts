import { after, describe, it } from 'node:test'
import { blobStoreContract } from '@posthouse/core/testing'
import { openDiskBlobStore } from '@posthouse/store/disk'
import { temporaryFolder } from './folder.ts'

describe('the store of files in a folder', () => {
  const folder = temporaryFolder()
  after(() => folder[Symbol.dispose]())

  blobStoreContract(it, ({ place, clock }) => openDiskBlobStore({ folder: `${folder.database}-${place}`, clock }), {
    lasts: true,
  })
})
