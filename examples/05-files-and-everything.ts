/**
 * What the document of cross_comm shows, in one program: a hub, clients that send every type of message, files, images and
 * folders among them, directories by type and sender, and a download by hand.
 *
 * Run it with `node --conditions=@posthouse/source examples/05-files-and-everything.ts`.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HubClient } from '@posthouse/client'
import { fileOf } from '@posthouse/client/files'
import { Files } from '@posthouse/files'
import { Hub } from '@posthouse/hub'
import { openDiskBlobStore } from '@posthouse/store/disk'

const folder = await mkdtemp(join(tmpdir(), 'posthouse-example-'))

// The server: `npx posthouse up` does all of this.
await using store = await openDiskBlobStore({ folder: join(folder, 'hub') })
await using files = new Files({ store })
await using hub = new Hub({ files })
hub.on('text', (message) => console.log(`hub: text of ${message.from}: ${message.body}`))
const server = createServer((request, response) => void files.handle(request, response))
server.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`

// A client that listens: by type, by sender, with a directory of its own for each type, or with none.
await using listener = new HubClient({ url, clientId: 'listener' })
const everything = Promise.withResolvers<void>()
let left = 9
const heard = (line: string): void => {
  console.log(`listener: ${line}`)
  left--
  if (left === 0) everything.resolve()
}
listener.on({ type: ['text', 'json', 'dict', 'bytes'] }, (message) => {
  heard(`${message.type} ${JSON.stringify(message.toJSON().body)}`)
})
listener.on('image', { downloadTo: join(folder, 'downloads/images') }, ({ localPath = '' }) => {
  heard(`image downloaded: ${localPath.startsWith(join(folder, 'downloads/images/cross_comm/sender'))}`)
})
listener.on('file', { downloadTo: join(folder, 'downloads/documents') }, async ({ localPath = '' }) => {
  heard(`document downloaded: ${(await readFile(localPath, 'utf8')).slice(0, 100)}`)
})
listener.on('folder', { downloadTo: join(folder, 'downloads/folders') }, async ({ localPath = '', fileName }) => {
  heard(`folder ${fileName} downloaded: ${await readFile(join(localPath, 'inside/note.txt'), 'utf8')}`)
})
// Without a directory nothing is fetched: traffic is saved, and what is wanted is fetched by hand.
listener.on({ type: 'file', from: 'low_priority' }, async (message) => {
  const { key, name } = fileOf(message)
  const { path } = await listener.download(key, join(folder, 'manual_downloads'))
  heard(`${name} fetched by hand: ${await readFile(path, 'utf8')}`)
})

await using sender = new HubClient({ url, clientId: 'sender' })
await using lowPriority = new HubClient({ url, clientId: 'low_priority' })
await Promise.all([listener.connect(), sender.connect(), lowPriority.connect()])

await sender.send('hub', 'Hello Server!')
await sender.send('listener', 'Hello!')
await sender.send('listener', '{"type": "notification", "data": "test"}', { type: 'json' })
await sender.send('listener', { type: 'data', value: 123, status: 'ok' })
await sender.send('listener', new TextEncoder().encode('Binary data'))

await mkdir(join(folder, 'folder/inside'), { recursive: true })
await writeFile(join(folder, 'folder/inside/note.txt'), 'a note in a folder')
await writeFile(join(folder, 'document.txt'), 'what the document says')
await writeFile(join(folder, 'image.png'), Buffer.from('iVBORw0KGgo=', 'base64'))
await sender.sendImage('listener', join(folder, 'image.png'))
await sender.sendFile('listener', join(folder, 'document.txt'))
await sender.sendFolder('listener', join(folder, 'folder'))
await lowPriority.sendFile('listener', Buffer.from('not urgent'), { name: 'later.txt' })
await everything.promise

for (const { client, online } of await sender.clients({ online: false })) console.log(`${client}: ${online}`)
await Promise.all([listener, sender, lowPriority].map((client) => client.drain()))
server.close()
await rm(folder, { recursive: true })
