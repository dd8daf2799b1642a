import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { Child } from '../child.ts'
import type { Outcome, Table } from '../table.ts'
import { turned } from '../turned.ts'
import type { EchoAnswer, EchoOrder } from './echo.ts'
import { servers } from './servers.ts'

interface Sample {
  /** Processor time of the server for each message that it said back, in microseconds. */
  readonly cpuUs: number
  readonly perSecond: number
}

/** Measures servers that say texts back, each in a process of its own, round by round in turn. */
export async function benchWebSocket(args: string[]): Promise<Outcome> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      messages: { type: 'string', default: '200000' },
      sockets: { type: 'string', default: '50' },
    },
  })
  const labels = Object.keys(servers)
  const results = new Map<string, Sample[]>(labels.map((label) => [label, []]))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const label of turned(labels, round)) {
      results.get(label)?.push(await measure(label, Number(values.sockets), Number(values.messages)))
    }
  }
  return { tables: [tableOf(results)] }
}

async function measure(label: string, sockets: number, messages: number): Promise<Sample> {
  const child = new Child('web-socket/echo.ts')
  const ask = (order: EchoOrder): Promise<EchoAnswer> => child.ask<EchoAnswer>(order)
  try {
    const { port } = await ask({ say: 'start', label })
    const clients = await Promise.all(Array.from({ length: sockets }, () => connect(port)))
    await load(clients, Math.ceil(messages / 10))
    const [from, began] = [await ask({ say: 'usage' }), performance.now()]
    const count = await load(clients, messages)
    const [to, ended] = [await ask({ say: 'usage' }), performance.now()]
    for (const client of clients) client.terminate()
    return { cpuUs: (to.cpuUs - from.cpuUs) / count, perSecond: (count / (ended - began)) * 1000 }
  } finally {
    await child.close()
  }
}

async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}

const text = JSON.stringify({ type: 'reading', id: 4711, sensor: 'boiler room, north', values: [20.5, 21.25, 19] })

/** Each socket says the next text when it has heard the last one. */
async function load(clients: readonly WebSocket[], messages: number): Promise<number> {
  const each = Math.ceil(messages / clients.length)
  await Promise.all(
    clients.map((client) => {
      let heard = 0
      return new Promise<void>((resolve) => {
        client.removeAllListeners('message')
        client.on('message', () => {
          if (++heard === each) resolve()
          else client.send(text)
        })
        client.send(text)
      })
    }),
  )
  return each * clients.length
}

function tableOf(results: ReadonlyMap<string, readonly Sample[]>): Table {
  const lines = [...results].map(([label, samples]) => {
    const base = results.get(label === 'ws' || !/schema|router|JSON/.test(label) ? 'ws' : 'ws, JSON') ?? []
    const ratios = samples.map(({ cpuUs }, round) => cpuUs / (base[round]?.cpuUs ?? cpuUs))
    const rates = samples.map(({ perSecond }) => perSecond / 1000)
    return { label, cells: [samples.map(({ cpuUs }) => cpuUs), ratios, rates] }
  })
  const columns = [
    { title: 'CPU us a message', digits: 2 },
    { title: 'x ws', digits: 2 },
    { title: '1,000 a second', digits: 1 },
  ]
  return { of: 'server', columns, lines, drawn: 'CPU us a message' }
}
