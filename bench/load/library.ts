import { HubClient } from '@posthouse/client'
import { WebSocket } from 'ws'
import { bodyOf } from './body.ts'
import type { Job, LibraryName, Running, Work } from './job.ts'
import { settle, someOf } from './settle.ts'

const ring = 4096
const bodies = Array.from({ length: ring }, (_, number) => bodyOf(0, number, 128))

/** Both ends of one pair, through a library. */
interface Ends {
  send(body: string): void
  readonly errors: readonly string[]
  close(): Promise<void>
}

/** One pair, as fast as its window and the library let it. */
export async function library({ port }: Pick<Job, 'port'>, work: Extract<Work, { kind: 'library' }>): Promise<Running> {
  let wrong: string | undefined
  let sent = 0
  let received = 0
  let stopped = false
  const pump = (): void => {
    if (stopped || work.inFlight - (sent - received) < work.inFlight / 8) return
    while (sent - received < work.inFlight) ends.send(bodies[sent++ % ring] ?? '')
  }
  const ends = await connect(work.library, port, (body) => {
    if (body !== bodies[received % ring]) wrong ??= `message ${received} is not the one that is due`
    received++
    pump()
  })
  pump()
  return {
    delivered: () => received,
    end: async () => {
      stopped = true
      const missing = await settle(() => sent - received)
      const lost = missing > 0 ? `${missing} messages never came` : undefined
      await ends.close()
      return { errors: someOf([lost, wrong, ...ends.errors]) }
    },
  }
}

function connect(name: LibraryName, port: number, onBody: (body: string) => void): Promise<Ends> {
  if (name === 'ws') return wsEnds(port, onBody)
  if (name === 'posthouse-calls') return callEnds(port, onBody)
  return posthouseEnds(port, name === 'posthouse' ? 0 : 1, onBody)
}

async function posthouseEnds(port: number, qos: 0 | 1, onBody: (body: string) => void): Promise<Ends> {
  const url = `ws://127.0.0.1:${port}`
  const receiver = new HubClient({ url, clientId: 'r0' })
  receiver.on('text', ({ body }) => onBody(String(body)))
  await receiver.connect()
  const sender = new HubClient({ url, clientId: 's0' })
  await sender.connect()
  const errors: string[] = []
  return {
    errors,
    send: (body) => {
      sender.send('r0', body, { qos }).catch((error: unknown) => errors.push(String(error)))
    },
    close: async () => {
      await sender.close()
      await receiver.close()
    },
  }
}

/** Each body is sent there and back: what counts is the answer. */
async function callEnds(port: number, onBody: (body: string) => void): Promise<Ends> {
  const url = `ws://127.0.0.1:${port}`
  const callee = new HubClient({ url, clientId: 'r0' })
  callee.handle('echo', ({ body }) => body)
  await callee.connect()
  const caller = new HubClient({ url, clientId: 's0' })
  await caller.connect()
  const errors: string[] = []
  const failed = (error: unknown): void => void errors.push(String(error))
  return {
    errors,
    send: (body) => {
      caller.request('r0', 'echo', body).then((answer) => onBody(String(answer)), failed)
    },
    close: async () => {
      await caller.close()
      await callee.close()
    },
  }
}

async function wsEnds(port: number, onBody: (body: string) => void): Promise<Ends> {
  const [receiver, sender] = ['r0', 's0'].map((name) => new WebSocket(`ws://127.0.0.1:${port}/${name}`))
  if (receiver === undefined || sender === undefined) throw new Error('there are two ends')
  for (const socket of [receiver, sender]) await new Promise((resolve) => socket.once('open', resolve))
  receiver.on('message', (data) => {
    const { body } = JSON.parse(data.toString()) as { readonly body: string }
    onBody(body)
  })
  return {
    errors: [],
    send: (body) => sender.send(JSON.stringify({ to: 'r0', body })),
    close: async () => {
      for (const socket of [receiver, sender]) socket.terminate()
    },
  }
}
