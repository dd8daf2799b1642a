// room: core
// rejected by: nothing
import { thing } from './thing.ts'

export const same: typeof thing = thing
