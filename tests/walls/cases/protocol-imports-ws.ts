// room: protocol
// rejected by: correctness/noUndeclaredDependencies, style/noRestrictedImports
import { WebSocket } from 'ws'

export const open: number = WebSocket.OPEN
