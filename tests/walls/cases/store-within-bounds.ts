// room: store
// rejected by: nothing
import { DatabaseSync } from 'node:sqlite'
import { thing } from '@posthouse/core'

export const both: readonly unknown[] = [new DatabaseSync(':memory:'), Buffer.from('a'), thing]
