/**
 * Three programs, three dialects, one hub. A cross_comm program (raw frames, as Python, Java and Swift write them), a v1
 * JSON client and a v1 MessagePack client send every type of message to each other; a table shows what arrived.
 *
 * Run it with `npm run demo`.
 */
import { HubClient } from '@posthouse/client'
import type { MessageType } from '@posthouse/core'
import { Hub } from '@posthouse/hub'

const bodies: readonly (readonly [MessageType, unknown])[] = [
  ['text', 'hello 你好'],
  ['json', '{"pi": 3.14}'],
  ['dict', { cpu: 0.93, tags: ['a', 'b'] }],
  ['bytes', new Uint8Array([1, 2, 255])],
  ['image', { key: 'cross_comm/demo/1_cat.png', name: 'cat.png' }],
  ['file', { key: 'cross_comm/demo/2_report.pdf', name: 'report.pdf' }],
  ['folder', { key: 'cross_comm/demo/3_photos/', name: 'photos' }],
  ['audio', { key: 'cross_comm/demo/4_song.mp3', name: 'song.mp3' }],
  ['video', { key: 'cross_comm/demo/5_clip.mp4', name: 'clip.mp4' }],
]

/** What one program received: sender, type and body, as text. */
type Arrived = { readonly at: string; readonly from: string; readonly type: string; readonly body: string }

const arrived: Arrived[] = []
let wanted = 0
let finished: () => void = () => undefined
const done = new Promise<void>((resolve) => {
  finished = resolve
})

function note(entry: Arrived): void {
  arrived.push(entry)
  if (arrived.length === wanted) finished()
}

/** A program of the cross_comm dialect: seven keys a frame, nothing else. */
async function crossCommProgram(
  url: string,
  id: string,
): Promise<{ send(to: string, type: string, content: unknown): void; close(): void }> {
  const socket = new WebSocket(url)
  const send = (to: string, type: string, content: unknown, key: string | null = null): void =>
    socket.send(
      JSON.stringify({
        msg_id: `${id}_${Date.now()}_${Math.random().toString(16).slice(2, 10)}`,
        from_client_id: id,
        to_client_id: to,
        msg_type: type,
        content,
        timestamp: Date.now() / 1000,
        oss_key: key,
      }),
    )
  const loggedIn = new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data))
      if (frame.msg_type === 'login_response') resolve()
      else note({ at: id, from: frame.from_client_id, type: frame.msg_type, body: shown(frame.content) })
    })
  })
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  send('server', 'login', {})
  await loggedIn
  return { send, close: () => socket.close(1000) }
}

function shown(body: unknown): string {
  if (body instanceof Uint8Array) return `bytes ${body.join(' ')}`
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [heading, ...rows]
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  for (const row of all)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

await using hub = new Hub()
const { url } = await hub.listen({ port: 0 })

await using json = new HubClient({ url, clientId: 'json' })
await using msgpack = new HubClient({ url, clientId: 'msgpack', dialect: 'msgpack' })
for (const client of [json, msgpack]) {
  client.on('*', ({ from, type, body }) => note({ at: client.clientId, from, type, body: shown(body) }))
  await client.connect()
}
const legacy = await crossCommProgram(url, 'cross_comm')

const legacyBodies: readonly (readonly [string, unknown])[] = [
  ['text', 'hello 你好'],
  ['json', '{"pi": 3.14}'],
  ['dict', { cpu: 0.93, tags: ['a', 'b'] }],
  ['bytes', 'AQL/'],
  ['image', 'pictures/cat.png'],
  ['file', 'papers/report.pdf'],
  ['folder', 'photos'],
]

// Everyone sends everything to everyone else: the two clients to two receivers each, and so does the program.
wanted = bodies.length * 4 + legacyBodies.length * 2
for (const [type, body] of bodies) {
  await json.send('all', body, { type })
  await msgpack.send('all', body, { type })
}
for (const [type, content] of legacyBodies) legacy.send('all', type, content)
await done

const rows = arrived.map(({ from, at, type, body }) => [from, at, type, body])
printTable(
  ['FROM', 'AT', 'TYPE', 'BODY'],
  rows.sort((a, b) => `${a}`.localeCompare(`${b}`)),
)
console.log(`\n${arrived.length} of ${wanted} messages arrived.`)
legacy.close()
