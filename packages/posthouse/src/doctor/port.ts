import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { createServer, isIP } from 'node:net'
import { reasonOf } from '@posthouse/core'
import { systemCode } from '../network-reason.ts'
import { type Finding, ok, problem } from './finding.ts'

/** Where a hub is to listen. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** How long whoever has the port may take to say who they are, in milliseconds. */
const answerMs = 2000

/** Whether a hub could listen there, or who does. `hub` is the address of one that answers already. */
export async function portFinding(place: Place): Promise<Finding & { readonly hub?: string }> {
  const { host, port } = place
  const error = await listenError(place)
  if (error === undefined) return ok('port', `${port} on ${host} is free`)
  const code = systemCode(error)
  if (code === 'EACCES') {
    const advice = 'Use a port from 1024 on, or give the program the right to use this one.'
    return problem('port', `${port} needs more rights than this program has`, advice)
  }
  if (code !== 'EADDRINUSE') {
    const advice = 'Name an address of this computer with --host.'
    return problem('port', `nobody can listen on ${host}:${port}: ${reasonOf(error)}`, advice)
  }
  const holder = await whoAnswers(place)
  if (holder.hub !== undefined) return { ...ok('port', `a Posthouse hub answers on ${holder.hub}`), hub: holder.hub }
  const advice = `Find the program (ss -ltnp, lsof -i :${port}) and end it, or use another --port.`
  return problem('port', `${port} on ${host} is in use by ${holder.what}`, advice)
}

function listenError({ host, port }: Place): Promise<Error | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Where a hub answers, or words for what else is there. */
interface Holder {
  readonly hub?: string
  readonly what: string
}

async function whoAnswers({ host, port }: Place): Promise<Holder> {
  const target = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const where = `${isIP(target) === 6 ? `[${target}]` : target}:${port}`
  const plain = await greeting(`http://${where}`)
  if (plain !== undefined) return plain.isHub ? { hub: `ws://${where}`, what: 'a hub' } : plain
  const secure = await greeting(`https://${where}`)
  if (secure?.isHub) return { hub: `wss://${where}`, what: 'a hub' }
  return secure ?? { what: 'a program that is no web server' }
}

/** What a web server there says of itself; nothing where there is none. */
function greeting(url: string): Promise<{ readonly isHub: boolean; readonly what: string } | undefined> {
  const ask = url.startsWith('https:') ? getSecurely : get
  return new Promise((resolve) => {
    // Who it is matters here, not whether its certificate is to be trusted.
    const options = { timeout: answerMs, agent: false, rejectUnauthorized: false }
    const request = ask(url, options, (response) => {
      const { statusCode: status, headers } = response
      const name = headers.server === undefined ? '' : ` (${headers.server})`
      const what = `a web server${name} that answers HTTP ${status}`
      response.once('data', (text: Buffer) => {
        resolve({ isHub: /Posthouse hub|"name":"Posthouse"/.test(String(text)), what })
        request.destroy()
      })
      response.once('end', () => resolve({ isHub: false, what }))
    })
    request.once('timeout', () => {
      resolve({ isHub: false, what: 'a program that says nothing' })
      request.destroy()
    })
    request.once('error', () => resolve(undefined))
  })
}
