import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Why tests that need certificates cannot run; false where they can. */
export const withoutOpenssl: string | false = hasOpenssl() ? false : 'openssl is not installed'

/** A folder in which certificates for 127.0.0.1 are made. Dispose removes it. */
export class CertificateFolder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<CertificateFolder> {
    return new CertificateFolder(await mkdtemp(join(tmpdir(), 'posthouse-tls-')))
  }

  file(name: string): string {
    return join(this.path, name)
  }

  read(name: string): Promise<string> {
    return readFile(this.file(name), 'utf8')
  }

  /** Makes `<name>.crt`, valid for ten days, and `<name>.key`; signed by itself, or by one that was made before. */
  async issue(name: string, { by, passphrase }: { by?: string; passphrase?: string } = {}): Promise<void> {
    const key = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]
    const signer = by === undefined ? [] : ['-CA', this.file(`${by}.crt`), '-CAkey', this.file(`${by}.key`)]
    await promisify(execFile)('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '10', '-batch'],
      ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', ...key, ...signer],
      ...['-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.crt`)],
    ])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true })
  }
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
}
