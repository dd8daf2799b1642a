import type { Language } from './language.ts'
import { clientFrame, upgradeRequest } from './web-socket.ts'

/** The minimal relay: its path says who connects, and a message is `{to, body}`. */
export const relay: Language = {
  webSocket: true,
  batch: 1,
  greet: (client) => [{ say: upgradeRequest(`/${client}`), until: '\r\n\r\n' }],
  encode: (letters) =>
    Buffer.concat(letters.map(({ to, body }) => clientFrame(Buffer.from(JSON.stringify({ to, body })), 'text'))),
}
