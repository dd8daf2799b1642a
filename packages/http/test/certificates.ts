import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publicKeyHash } from '@posthouse/http'

/** Why tests that need certificates cannot run; false where they can. */
export const withoutOpenssl: string | false = hasOpenssl() ? false : 'openssl is not installed'

/** A certificate with its key, in PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
  /** The hash by which it is pinned. */
  readonly pin: string
}

/** What a certificate says. */
export interface Issue {
  /** Default `IP:127.0.0.1,DNS:localhost`. */
  readonly names?: string
  /** Default its own key signs it. */
  readonly by?: Identity
  /** Days from now until it ends; negative for one that has ended. Default 10. */
  readonly days?: number
  /** True for an authority. */
  readonly authority?: boolean
}

/** Makes a key and a certificate. */
export async function issue(name: string, { names, by, days = 10, authority = false }: Issue = {}): Promise<Identity> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-http-tls-'))
  const file = (suffix: string): string => join(folder, suffix)
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-batch']
    await openssl(['req', ...curve, '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('request')])
    const rule = authority ? 'basicConstraints=critical,CA:TRUE' : 'basicConstraints=CA:FALSE'
    await writeFile(file('extensions'), `subjectAltName=${names ?? 'IP:127.0.0.1,DNS:localhost'}\n${rule}\n`)
    if (by !== undefined) await Promise.all([writeFile(file('ca'), by.cert), writeFile(file('ca-key'), by.key)])
    const signer =
      by === undefined
        ? ['-signkey', file('key')]
        : ['-CA', file('ca'), '-CAkey', file('ca-key'), '-CAserial', file('serial'), '-CAcreateserial']
    const lifetime = ['-days', String(days), '-extfile', file('extensions')]
    await openssl(['x509', '-req', '-in', file('request'), ...signer, ...lifetime, '-out', file('cert')])
    const cert = await readFile(file('cert'), 'utf8')
    return { cert, key: await readFile(file('key'), 'utf8'), pin: publicKeyHash(new X509Certificate(cert)) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The same, opened by a password: both in PKCS #12, and the key alone in PEM. */
export async function locked({ cert, key }: Identity, password: string): Promise<{ pfx: Uint8Array; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'posthouse-http-tls-'))
  const file = (suffix: string): string => join(folder, suffix)
  try {
    await Promise.all([writeFile(file('cert'), cert), writeFile(file('key'), key)])
    const passout = ['-passout', `pass:${password}`]
    await openssl(['pkcs12', '-export', '-in', file('cert'), '-inkey', file('key'), ...passout, '-out', file('pfx')])
    await openssl(['pkcs8', '-topk8', '-in', file('key'), ...passout, '-out', file('locked')])
    return { pfx: await readFile(file('pfx')), key: await readFile(file('locked'), 'utf8') }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', args)
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}
