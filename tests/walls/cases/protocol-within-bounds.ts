// room: protocol
// rejected by: nothing
import { encode } from '@msgpack/msgpack'
import { thing } from '@posthouse/core'
import { withRetry } from '@posthouse/core/policy'

export const both: readonly unknown[] = [encode(thing), withRetry]
