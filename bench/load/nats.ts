import type { Language } from './language.ts'

/** The text protocol of NATS. A client listens to its own subject and to `all`, which does not come back to its sender. */
export const nats: Language = {
  webSocket: false,
  batch: 1,
  greet: (client) => [
    { say: '', until: '\r\n' },
    {
      say: `CONNECT {"verbose":false,"pedantic":false,"echo":false}\r\nSUB ${client} 1\r\nSUB all 2\r\nPING\r\n`,
      until: 'PONG\r\n',
    },
  ],
  encode: (letters) => Buffer.from(letters.map(({ to, body }) => `PUB ${to} ${body.length}\r\n${body}\r\n`).join('')),
}
