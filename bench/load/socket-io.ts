import type { Language } from './language.ts'
import { clientFrame, upgradeRequest } from './web-socket.ts'

/** Socket.IO's protocol 5 in Engine.IO's protocol 4, WebSocket from the beginning: `42` and an array is an event. */
export const socketIo: Language = {
  webSocket: true,
  batch: 1,
  greet: (client) => [
    { say: upgradeRequest(`/socket.io/?EIO=4&transport=websocket&client=${client}`), until: '0{"sid"' },
    { say: clientFrame(Buffer.from('40'), 'text'), until: '40{"sid"' },
  ],
  encode: (letters) => Buffer.concat(letters.map(({ to, body }) => event(['message', { to, body }]))),
}

function event(content: readonly unknown[]): Buffer {
  return clientFrame(Buffer.from(`42${JSON.stringify(content)}`), 'text')
}
