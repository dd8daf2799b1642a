// room: hub
// rejected by: style/noRestrictedImports
import { thing } from '../../core/src/thing.ts'

export const same: typeof thing = thing
