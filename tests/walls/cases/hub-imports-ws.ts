// room: hub
// rejected by: style/noRestrictedImports
import { WebSocketServer } from 'ws'

export const open: unknown = WebSocketServer
