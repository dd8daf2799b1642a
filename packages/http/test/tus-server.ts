import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** What a server of tus 1.0.0 saw, and what it is to do. */
export interface TusState {
  readonly folder: string
  readonly seen: string[]
  readonly metadata: string[]
  /** Told after each piece that was stored. */
  onStored?: ((bytes: number) => void) | undefined
}

/** As much of tus 1.0.0 as a client needs, kept in files, so that a server that was killed knows its uploads again. */
export function tusListener(state: TusState): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const { method = '', url = '/', headers } = request
    state.seen.push(`${method} ${headers['upload-offset'] ?? headers['upload-length'] ?? ''}`.trim())
    response.setHeader('tus-resumable', '1.0.0')
    if (headers['tus-resumable'] !== '1.0.0') return void response.writeHead(412).end()
    if (method === 'POST') return create(state, request, response)
    const path = join(state.folder, url.slice(1).replaceAll('/', '_'))
    if (!existsSync(path)) return void response.writeHead(404).end()
    const { size } = statSync(path)
    const length = readFileSync(`${path}.length`, 'utf8')
    const told = { 'upload-offset': size, 'upload-length': length, 'cache-control': 'no-store' }
    if (method === 'HEAD') return void response.writeHead(200, told).end()
    if (Number(headers['upload-offset']) !== size) return void response.writeHead(409).end()
    request.on('data', (chunk: Buffer) => {
      appendFileSync(path, chunk)
      state.onStored?.(statSync(path).size)
    })
    request.on('end', () => response.writeHead(204, { 'upload-offset': statSync(path).size }).end())
  }
}

function create(state: TusState, { headers }: IncomingMessage, response: ServerResponse): void {
  const name = `${state.seen.length}-${headers['upload-length']}`
  state.metadata.push(String(headers['upload-metadata']))
  writeFileSync(join(state.folder, name), '')
  writeFileSync(join(state.folder, `${name}.length`), String(headers['upload-length']))
  response.writeHead(201, { location: `/${name}` }).end()
}

// As a program: a folder, a port, and the number of stored bytes at which it is killed, as by `kill -9`.
if (import.meta.main) {
  const [folder = '.', port = '0', deadly = 'Infinity'] = process.argv.slice(2)
  const onStored = (bytes: number): void => {
    if (bytes >= Number(deadly)) process.kill(process.pid, 'SIGKILL')
  }
  const server = createServer(tusListener({ folder, seen: [], metadata: [], onStored }))
  server.listen(Number(port), '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
}
