// room: hub
// rejected by: correctness/noUndeclaredDependencies, style/noRestrictedImports
import { main } from 'posthouse'

export const run: () => void = main
