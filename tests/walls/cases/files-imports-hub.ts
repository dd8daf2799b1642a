// room: files
// rejected by: correctness/noUndeclaredDependencies, style/noRestrictedImports
import { Hub } from '@posthouse/hub'

export const hub: Hub = new Hub()
