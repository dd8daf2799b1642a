import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, rename, writeFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { connect } from 'node:tls'
import { ManualClock } from '@posthouse/core'
import { Hub, type HubOptions, type TlsOptions } from '@posthouse/hub'
import { CertificateFolder, withoutOpenssl } from './certificate.ts'
import { CrossCommClient } from './cross-comm-peer.ts'
import { RawPeer } from './raw-peer.ts'
import { RawSocket } from './raw-socket.ts'
import { LineLogger } from './start-hub.ts'

interface SecureHub extends AsyncDisposable {
  readonly url: string
  readonly log: LineLogger
}

async function startSecureHub(tls: TlsOptions, options: HubOptions = {}): Promise<SecureHub> {
  const log = new LineLogger()
  const hub = new Hub({ logger: log, ...options })
  const { url } = await hub.listen({ port: 0, tls })
  return { url, log, [Symbol.asyncDispose]: () => hub.close() }
}

/** Name of the certificate that a new connection is shown, and of whoever issued it. */
async function shown(url: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { raw } = socket.getPeerCertificate()
  socket.destroy()
  return new X509Certificate(raw).subject
}

suite('a hub with a certificate', { skip: withoutOpenssl }, () => {
  test('speaks TLS, and nothing else on that port', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('hub')
    await using server = await startSecureHub({ cert: at.file('hub.crt'), key: at.file('hub.key') })
    assert.match(server.url, /^wss:\/\/127\.0\.0\.1:\d+$/)
    await using peer = await RawPeer.login(server.url, 'alice', { ca: await at.read('hub.crt') })
    assert.deepEqual(await peer.settled(), [])
    await assert.rejects(RawSocket.open(server.url), /self-signed/)
    await assert.rejects(RawSocket.open(server.url.replace('wss:', 'ws:')))
  })

  test('shows the certificates that lead to a known authority', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('authority')
    await at.issue('between', { by: 'authority' })
    await at.issue('hub', { by: 'between' })
    const tls = { cert: at.file('hub.crt'), key: at.file('hub.key') }
    const ca = await at.read('authority.crt')
    await using alone = await startSecureHub(tls)
    await assert.rejects(RawSocket.open(alone.url, { ca }), /unable to verify|unable to get local issuer/)
    await using chained = await startSecureHub({ ...tls, ca: at.file('between.crt') })
    await using _first = await RawSocket.open(chained.url, { ca })
    await writeFile(at.file('full.crt'), (await at.read('hub.crt')) + (await at.read('between.crt')))
    await using full = await startSecureHub({ ...tls, cert: at.file('full.crt') })
    await using _second = await RawSocket.open(full.url, { ca })
  })

  test('takes an encrypted key with its passphrase', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('hub', { passphrase: 'open sesame' })
    const tls = { cert: at.file('hub.crt'), key: at.file('hub.key') }
    await using _ = await startSecureHub({ ...tls, passphrase: 'open sesame' })
    await assert.rejects(startSecureHub(tls), { code: 'tls_file', message: /hub\.key: .* give the passphrase/ })
    const wrong = startSecureHub({ ...tls, passphrase: 'open barley' })
    await assert.rejects(wrong, { code: 'tls_file', message: /hub\.key: .* is the passphrase right\?/ })
  })

  test('refuses to start with files that cannot be used, and says why', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('hub')
    await at.issue('other')
    await writeFile(at.file('empty'), '')
    const [cert, key, other, empty, none] = ['hub.crt', 'hub.key', 'other.key', 'empty', 'none'].map((name) =>
      at.file(name),
    )
    const wrong = [
      [{ cert: none, key }, /none: it cannot be read: ENOENT/],
      [{ cert, key: none }, /none: it cannot be read: ENOENT/],
      [{ cert, key, ca: none }, /none: it cannot be read: ENOENT/],
      [{ cert: empty, key }, /empty: it holds no certificate in PEM/],
      [{ cert: key, key }, /hub\.key: it holds no certificate in PEM/],
      [{ cert, key: empty }, /empty: it holds no private key in PEM/],
      [{ cert, key: cert }, /hub\.crt: it holds no private key in PEM/],
      [{ cert, key: other }, /other\.key: it is not the key of the certificate in .*hub\.crt/],
    ] as const
    for (const [tls, message] of wrong) {
      await assert.rejects(startSecureHub(tls as TlsOptions), { code: 'tls_file', message })
    }
  })

  test('warns where it is not valid now, and works all the same', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('hub')
    const tls = { cert: at.file('hub.crt'), key: at.file('hub.key') }
    await using fresh = await startSecureHub(tls)
    assert.deepEqual(fresh.log.lines.drain(), [])
    for (const days of [-1, 11]) {
      const clock = new ManualClock(Date.now() + days * 86_400_000)
      await using server = await startSecureHub(tls, { clock })
      assert.equal((await server.log.line('the certificate is not valid now')).level, 'warn')
      await using _ = await RawSocket.open(server.url, { ca: await at.read('hub.crt') })
    }
  })

  test('takes a renewed one over without a restart, and keeps the old one where the new cannot be used', async () => {
    await using at = await CertificateFolder.make()
    await using elsewhere = await CertificateFolder.make()
    await at.issue('hub')
    await elsewhere.issue('renewed')
    const tls = { cert: at.file('hub.crt'), key: at.file('hub.key') }
    await using server = await startSecureHub(tls)
    await using peer = await RawPeer.login(server.url, 'alice', { ca: await at.read('hub.crt') })
    assert.equal(await shown(server.url), 'CN=hub')
    await copyFile(elsewhere.file('renewed.crt'), at.file('new'))
    await rename(at.file('new'), tls.cert)
    assert.match(
      String((await server.log.line('the old one stays')).fields.reason),
      /is not the key of the certificate/,
    )
    assert.equal(await shown(server.url), 'CN=hub')
    await copyFile(elsewhere.file('renewed.key'), tls.key)
    await server.log.line('the certificate was read again')
    assert.equal(await shown(server.url), 'CN=renewed')
    assert.deepEqual(await peer.settled(), [])
  })

  test('can listen on a second port without it, for programs that know no TLS', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('hub')
    await using hub = new Hub({ authenticate: () => ({ name: 'bob' }), legacyAllow: [{ clients: ['carol'] }] })
    const { url: secure } = await hub.listen({ port: 0, tls: { cert: at.file('hub.crt'), key: at.file('hub.key') } })
    const { url: plain } = await hub.listen({ port: 0 })
    await using bob = await RawPeer.login(secure, 'bob', { ca: await at.read('hub.crt') })
    await using carol = await CrossCommClient.login(plain, 'carol')
    carol.say('bob', 'from the other port')
    assert.equal((await bob.next('deliver')).body, 'from the other port')
  })

  test('may be reached from other computers without a warning where clients must say who they are', async () => {
    await using at = await CertificateFolder.make()
    await at.issue('hub')
    const log = new LineLogger()
    await using hub = new Hub({ authenticate: () => ({ name: 'ann' }), logger: log })
    const { url } = await hub.listen({
      host: '0.0.0.0',
      port: 0,
      tls: { cert: at.file('hub.crt'), key: at.file('hub.key') },
    })
    assert.match(url, /^wss:/)
    assert.deepEqual(log.lines.untaken, [])
  })
})

suite('a hub that other computers can reach', () => {
  test('warns that what it carries is not encrypted, although clients must say who they are', async () => {
    const log = new LineLogger()
    await using hub = new Hub({ authenticate: () => ({ name: 'ann' }), logger: log })
    await hub.listen({ host: '0.0.0.0', port: 0 })
    assert.equal((await log.line('not encrypted')).level, 'warn')
  })

  test('warns where nobody is asked', async () => {
    const log = new LineLogger()
    await using hub = new Hub({ logger: log })
    await hub.listen({ host: '0.0.0.0', port: 0, insecure: true })
    assert.equal((await log.line('can log in under any id')).level, 'warn')
  })
})
