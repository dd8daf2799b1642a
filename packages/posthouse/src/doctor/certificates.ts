import { createPrivateKey, type X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { reasonOf } from '@posthouse/core'
import { certificatesIn } from '../credentials.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** The files of a hub's certificate, and the name that its clients will use. */
export interface CertificateFiles {
  readonly tlsCert: string
  readonly tlsKey?: string
  /** Name or address that the certificate must be for. */
  readonly host?: string
}

const dayMs = 86_400_000
/** A certificate that ends sooner is due to be renewed, in milliseconds. */
const renewMs = 21 * dayMs

/** Whether a hub could use that certificate. */
export function certificateFindings(files: CertificateFiles, now: number = Date.now()): readonly Finding[] {
  const { tlsCert, tlsKey, host } = files
  try {
    const [certificate] = certificatesIn(tlsCert)
    if (certificate === undefined) return []
    const names = host === undefined ? [] : [hostFinding(certificate, host)]
    const keys = tlsKey === undefined ? [] : keyFindings(certificate, tlsKey)
    return [dateFinding(certificate, now), ...names, ...keys]
  } catch (error) {
    return [problem('certificate', reasonOf(error), 'Name the certificate, in PEM form, with --tls-cert.')]
  }
}

function dateFinding({ validFromDate, validToDate, subject }: X509Certificate, now: number): Finding {
  const until = validToDate.toISOString().slice(0, 10)
  const name = (subject ?? '').replaceAll('\n', ', ')
  if (now > validToDate.getTime()) {
    return problem('certificate', `${name} has expired on ${until}`, 'Have it renewed.')
  }
  if (now < validFromDate.getTime()) {
    const from = validFromDate.toISOString()
    return problem('certificate', `${name} is not valid before ${from}`, 'Compare the clock of this computer.')
  }
  const says = `${name} is valid until ${until}`
  const soon = validToDate.getTime() - now < renewMs
  return soon ? warning('certificate', says, 'Have it renewed now.') : ok('certificate', says)
}

function hostFinding(certificate: X509Certificate, host: string): Finding {
  const matched = isIP(host) > 0 ? certificate.checkIP(host) : certificate.checkHost(host)
  const names = certificate.subjectAltName ?? 'no name'
  if (matched !== undefined) return ok('names', `the certificate is for ${names}`)
  return problem('names', `the certificate is not for ${host}, but for ${names}`, 'Connect by one of its names.')
}

function keyFindings(certificate: X509Certificate, file: string): readonly Finding[] {
  try {
    const key = createPrivateKey(readFileSync(file, 'utf8'))
    if (!certificate.checkPrivateKey(key)) {
      return [problem('key', `${file} belongs to another certificate`, 'Name the key that was made with it.')]
    }
    const open = process.platform !== 'win32' && (statSync(file).mode & 0o044) !== 0
    if (!open) return [ok('key', `${file} belongs to the certificate`)]
    return [warning('key', `${file} can be read by other users`, `chmod 600 ${file}`)]
  } catch (error) {
    return [
      problem(
        'key',
        `${file} cannot be read: ${reasonOf(error)}`,
        'Name the private key, in PEM form, with --tls-key.',
      ),
    ]
  }
}
