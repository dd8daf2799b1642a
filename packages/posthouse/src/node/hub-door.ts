import type { Hub } from '@posthouse/hub'
import type { Door } from './door.ts'

/** The hub's WebSocket. Its end is told by `Hub.drain`, which takes a time of its own. */
export function hubDoor(hub: Hub): Door {
  return {
    name: 'hub',
    places: [{ path: '/', what: 'WebSocket of the hub: v1 JSON, v1 MessagePack and cross_comm' }],
    upgrade: { path: '/', handle: (request, socket, head) => hub.handleUpgrade(request, socket, head) },
    keeps: { what: 'messages', check: () => hub.checkStore() },
    start: () => hub.start(),
    close: () => hub.close(),
  }
}
