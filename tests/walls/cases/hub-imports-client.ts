// room: hub
// rejected by: correctness/noUndeclaredDependencies, style/noRestrictedImports
import { HubClient } from '@posthouse/client'

export const client: HubClient = new HubClient()
