import { HubClient } from '@posthouse/client'
import { TransferGate } from '@posthouse/client/files'

/** Sends or receives, says how far it is, and is killed meanwhile; or fetches beside another program. */
const [url = '', what, path = '', notes = ''] = process.argv.slice(2)
const client = new HubClient({ url, clientId: what === 'send' ? 'alice' : 'bob' })
const say = (word: string): void => void process.stdout.write(`${word}\n`)
const gate = new TransferGate()
const onProgress = ({ bytes, total }: { readonly bytes: number; readonly total?: number }): void => {
  // Held in the middle, until the end of this life.
  if (bytes > 0 && bytes !== total) gate.pause()
  if (gate.paused) say('held')
}

if (what === 'send') {
  await client.connect()
  await client.sendFile('alice', path, { resumeIn: notes, onProgress, gate })
  say('sent')
} else if (what === 'fetch') {
  await client.connect()
  say(`saved ${(await client.download(notes, path)).path}`)
  await client.close()
} else {
  client.on('file', { downloadTo: path, onProgress, gate }, () => say('received'))
  await client.connect()
}
