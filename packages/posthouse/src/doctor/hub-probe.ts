import { promises as dns, type LookupAddress } from 'node:dns'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { HubClient, type HubClientOptions, type Welcome } from '@posthouse/client'
import { isPosthouseError, reasonOf } from '@posthouse/core'
import { errorHelp } from '@posthouse/core/help'
import { isLoopback } from '@posthouse/hub'
import { isTlsTrouble, networkReason } from '../network-reason.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** How to knock at a hub. */
export interface ProbeOptions {
  readonly client: HubClientOptions & { readonly url: string }
  /** What a browser would say where the page comes from. */
  readonly origin?: string
  readonly signal: AbortSignal
}

/** How long one step may take, in milliseconds. */
const stepMs = 5000
/** How far the clocks may be apart, in milliseconds. */
const clockTolerance = 2000

/** Goes the whole way to a hub, step by step, and tells which one fails and why. */
export async function probeHub(options: ProbeOptions): Promise<readonly Finding[]> {
  const { url, token } = options.client
  const target = new URL(url)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  const findings: Finding[] = []
  try {
    findings.push(await nameFinding(host))
    using socket = disposable(await openSocket(target, host))
    findings.push(
      ok('connection', `${target.host} answers${target.protocol === 'wss:' ? ', and its certificate is trusted' : ''}`),
    )
    findings.push(await upgradeFinding(socket.socket, target, options))
    if (options.origin === undefined) findings.push(...(await helloFindings(options)))
  } catch (error) {
    if (isPosthouseError(error) && error.code === 'aborted') throw error
    findings.push(
      error instanceof Failed ? error.finding : problem('hub', reasonOf(error), 'Look at what answers there.'),
    )
  }
  if (token !== undefined && target.protocol === 'ws:' && !isLoopback(host)) {
    const advice = 'Everyone on the way can read it. Give the hub a certificate and use wss://.'
    findings.push(warning('token', 'it goes over the network as plain text', advice))
  }
  return findings
}

/** Ends the way to the hub: what comes after cannot be tried. */
class Failed extends Error {
  readonly finding: Finding
  constructor(about: string, says: string, advice: string) {
    super(says)
    this.finding = problem(about, says, advice)
  }
}

function disposable(socket: Socket): Disposable & { readonly socket: Socket } {
  return { socket, [Symbol.dispose]: () => void socket.destroy() }
}

async function nameFinding(host: string): Promise<Finding> {
  let addresses: readonly LookupAddress[]
  try {
    addresses = await dns.lookup(host, { all: true })
  } catch (error) {
    throw new Failed('name', `${host}: ${networkReason(error)}`, 'Check the spelling, or write the address in digits.')
  }
  return ok('name', `${host} is ${addresses.map(({ address }) => address).join(', ')}`)
}

function openSocket(target: URL, host: string): Promise<Socket> {
  const secure = target.protocol === 'wss:'
  const port = Number(target.port) || (secure ? 443 : 80)
  return new Promise((resolve, reject) => {
    const tls = { host, port, ...(/[a-z]/i.test(host) && { servername: host }) }
    const socket = secure ? tlsConnect(tls, () => resolve(socket)) : connect({ host, port }, () => resolve(socket))
    socket.setTimeout(stepMs, () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    socket.once('error', (error) => {
      const advice = isTlsTrouble(error)
        ? 'Something listens there: only the certificate, or the scheme of the address, is not right.'
        : 'Is the hub running? Does it listen on an address that this computer reaches (--host), and does a firewall let it through?'
      reject(new Failed('connection', `${target.host}: ${networkReason(error)}`, advice))
    })
  })
}

async function upgradeFinding(socket: Socket, target: URL, { client, origin }: ProbeOptions): Promise<Finding> {
  const { status, protocol, reason } = await upgrade(socket, target, origin)
  const page = origin === undefined ? '' : `, for pages of ${origin} too`
  if (status === 101 && protocol !== undefined) return ok('WebSocket', `agreed on ${protocol}${page}`)
  if (status === 101 && client.dialect === 'cross_comm') return ok('WebSocket', `open${page}`)
  if (status === 101) {
    const advice = 'If it is an original cross_comm server, use --dialect cross_comm.'
    throw new Failed('WebSocket', 'it speaks none of the Posthouse dialects', advice)
  }
  if (status === 403 && origin !== undefined) {
    throw new Failed('Origin', `pages of ${origin} may not connect`, `Start the hub with --allow-origin ${origin}`)
  }
  if (status === 429 || status === 503) {
    const advice = 'Try again in a moment. If that does not help, look at the limits of the hub (posthouse up --help).'
    throw new Failed('WebSocket', `it answers HTTP ${status}${reason === '' ? '' : `: ${reason}`}`, advice)
  }
  const advice = 'That is no hub, or a proxy that does not pass WebSockets on. Check the port and the path.'
  throw new Failed('WebSocket', `it answers HTTP ${status} instead of opening a WebSocket`, advice)
}

interface Upgraded {
  readonly status: number | undefined
  readonly protocol: string | undefined
  /** What a refusal says, as far as it came at once; empty where nothing was refused. */
  readonly reason: string
}

function upgrade(socket: Socket, target: URL, origin: string | undefined): Promise<Upgraded> {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    host: target.host,
    'sec-websocket-version': '13',
    // RFC 6455, section 1.3: any 16 bytes; what the server makes of them is not looked at here.
    'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
    'sec-websocket-protocol': 'posthouse.v1.json, posthouse.v1.msgpack',
    ...(origin !== undefined && { origin }),
  }
  return new Promise((resolve, reject) => {
    const path = `${target.pathname}${target.search}`
    const answered = ({ statusCode: status, headers }: IncomingMessage, text = ''): void => {
      const plain = headers['content-type']?.startsWith('text/plain') === true
      resolve({ status, protocol: headers['sec-websocket-protocol'], reason: plain ? text.trim() : '' })
      socket.destroy()
    }
    const request = httpRequest({ createConnection: () => socket, path, headers })
    request.once('upgrade', (response) => answered(response))
    request.once('response', (response) => {
      response.once('data', (text: Buffer) => answered(response, String(text)))
      response.once('close', () => answered(response))
    })
    request.once('error', (error) => {
      const secure = target.protocol === 'ws:' ? ' If it is a hub with a certificate, use wss://.' : ''
      const advice = `Something else listens there. Check the port.${secure}`
      reject(new Failed('WebSocket', `it is no web server: ${networkReason(error)}`, advice))
    })
    request.end()
  })
}

async function helloFindings({ client: clientOptions, signal }: ProbeOptions): Promise<readonly Finding[]> {
  await using client = new HubClient({ ...clientOptions, reconnect: false, connectTimeoutMs: stepMs })
  const startedAt = Date.now()
  try {
    await client.connect({ signal })
  } catch (error) {
    if (!isPosthouseError(error)) throw error
    if (error.code === 'aborted') throw error
    const nameless = error.code === 'forbidden' && clientOptions.transient === true
    const advice = nameless ? 'Name the client that the token is for with --id.' : errorHelp[error.code]
    throw new Failed('login', `${error.message} (${error.code})`, advice)
  }
  const { welcome } = client
  const login = ok('login', `welcome as ${client.clientId}`)
  if (welcome === undefined) return [login]
  return [login, hubFinding(welcome), hubClockFinding(welcome.serverTime, startedAt, Date.now())]
}

function hubFinding({ node, durability, caps }: Welcome): Finding {
  const kept = durability === 'memory' ? 'messages are kept in memory' : `stored messages survive: ${durability}`
  return ok('hub', `${node}; ${kept}; offers ${caps.length === 0 ? 'nothing optional' : caps.join(', ')}`)
}

/** What the hub's clock says, which it told between two moments here. */
export function hubClockFinding(serverTime: number, before: number, after: number): Finding {
  const ahead = serverTime > after ? serverTime - after : Math.min(0, serverTime - before)
  if (Math.abs(ahead) <= clockTolerance) return ok('clocks', "this computer's and the hub's agree")
  const says = `the hub's is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'} this computer's`
  return warning('clocks', says, 'Let both computers set their clocks (NTP): times of messages depend on them.')
}
