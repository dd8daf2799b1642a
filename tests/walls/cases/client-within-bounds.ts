// room: client
// rejected by: nothing
import { thing } from '@posthouse/core'
import { encode } from '@posthouse/protocol/msgpack'

export const both: readonly unknown[] = [encode, thing]
